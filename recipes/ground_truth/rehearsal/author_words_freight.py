"""The rehearsal author's vocabulary of freight: warehouses, yards and hauls."""

from __future__ import annotations

from recipes.ground_truth.rehearsal.author_words import Topic, Trade

FREIGHT = Trade(
    parties="the {} depot; the {} yard; {} Logistics; the {} hub; the {} branch; {} Haulage; the {} terminal",
    sites="the {} warehouse; the {} depot; the {} cross-dock; shed {}; {} Wharf; {} Park; the {} distribution centre",
    jobs=(
        "the shift foreman; a forklift driver; the traffic clerk; the dock supervisor; a customs broker; the night "
        "dispatcher; the inventory planner; a trainee loader; the fleet manager; the returns clerk; the safety officer; an "
        "agency picker; the yard marshal; the route planner; a warehouse lead"
    ),
    rounds="the morning wave; the late wave; the night run; the first truck; the second truck; the relief crew",
    topics={
        "parcel hub": Topic(
            things=(
                "parcel/parcels: trainers, phone cases, garden seeds, board games, vitamins, school uniforms, craft paper; "
                "envelope/envelopes: legal papers, concert tickets, sample fabrics; sack/sacks: catalogues, returned mail, "
                "customs mail"
            ),
            holders="cage/cages; roller bin/roller bins; tote/totes; bag/bags",
            receivers="route/routes; courier/couriers; van/vans",
            measure="weighs g kilogram 1000 150 950 50",
            tasks=(
                "clearing a jam on the long belt; training a new sorter; rewriting smudged labels; watching the scanner "
                "tunnel; sweeping the infeed; stacking empty cages; logging late vans; checking the oversize bay"
            ),
            uses=(
                "sorted to {party}; scanned out on {round}; loaded for {party}; handed to {person}; driven out before dawn; "
                "sent to the locker banks"
            ),
            losses="crushed; misrouted; lost; torn open; held by security",
            gains="the airport feeder; a late trunk; the customs cage; the oversize bay",
            reasons=(
                "because the belt had snagged; as the postcodes were wrong; since the tape had failed; because a roller "
                "seized; after a random check; because rain got under the canopy"
            ),
            asides=(
                "The sorter is {d} metres tall; The canteen has {d} tables; {person} has a team of {d} people; The belt was "
                "greased {d} days ago; The scanner tunnel has {d} cameras"
            ),
        ),
        "cold store": Topic(
            things=(
                "crate/crates: mackerel, raspberries, spinach, lamb shoulder, oysters; carton/cartons: ice cream, frozen "
                "peas, fish fingers, puff pastry, chicken wings; tub/tubs: yoghurt, hummus, mascarpone; block/blocks: "
                "butter, cheddar, surimi"
            ),
            holders="pallet/pallets; dolly/dollies; freezer cage/freezer cages; insulated bin/insulated bins",
            receivers="restaurant/restaurants; chiller/chillers; supermarket/supermarkets",
            measure="weighs kg tonne 1000 4 40 2",
            tasks=(
                "defrosting the plate chillers; probing core temperatures; scraping ice from the door rails; signing the "
                "reefer log; rotating the old lots; mending a strip curtain; briefing the night pickers; warming up in the "
                "break room"
            ),
            uses=(
                "picked for {party}; shipped on {round}; sold to a canteen; sent to {party}; signed out by {person}; loaded "
                "into reefers"
            ),
            losses="thawed; spoiled; condemned by the inspector; freezer-burnt; dumped",
            gains="the harbour market; a farm cooperative; the blast freezer; the overflow store",
            reasons=(
                "because the compressor tripped; as a door was wedged open; since the wrapping was thin; because the truck "
                "idled too long; after a health inspection; because the probe read high"
            ),
            asides=(
                "The blast freezer is {d} years old; {person} wears {d} pairs of socks; The break room is {d} degrees "
                "warmer; The compressor hums for {d} minutes at a time; The door has {d} hinges"
            ),
        ),
        "container yard": Topic(
            things=(
                "drum/drums: solvent, palm oil, glycerine, resin, lubricant; bale/bales: cotton, recycled card, wool, jute; "
                "coil/coils: copper wire, steel strip, aluminium sheet; sack/sacks: cocoa beans, coffee, cement clinker, "
                "rice"
            ),
            holders="container/containers; flat rack/flat racks; skid/skids; bundle/bundles",
            receivers="consignee/consignees; berth/berths; barge/barges",
            measure="weighs kg tonne 1000 25 250 5",
            tasks=(
                "matching seals with the manifest; waiting for the tide; painting lane numbers; arguing over a demurrage "
                "note; checking twist locks; logging the gate queue; spotting for the reach stacker; walking the reefer row"
            ),
            uses=(
                "barged to {party}; cleared through customs; trucked to {party}; craned out on {round}; released to "
                "{person}; moved inland by rail"
            ),
            losses="seized; dented; flooded; rejected by the surveyor; abandoned",
            gains="a feeder ship; the bonded shed; an inland terminal; a delayed vessel",
            reasons=(
                "because the papers were missing; as the lashings gave way; since salt water got in; because the crane "
                "clipped the stack; after a surveyor's visit; because the fumigation failed"
            ),
            asides=(
                "The quay is {d} metres long; The crane cab stands {d} metres up; The tide gauge was renewed {d} months ago;"
                " {person} has {d} radios on the desk; The gate camera blinks {d} times a minute"
            ),
        ),
        "road haulage": Topic(
            things=(
                "pallet/pallets: bottled water, roof tiles, pet food, printer paper, animal feed, tinned tomatoes; "
                "barrel/barrels: cider, stout, vinegar; bundle/bundles: fence posts, steel rods, timber battens, drain pipe"
            ),
            holders="trailer/trailers; swap body/swap bodies; truck/trucks; curtain-sider/curtain-siders",
            receivers="customer/customers; driver/drivers; drop/drops",
            measure="weighs kg tonne 1000 80 600 20",
            tasks=(
                "reading the tachograph cards; planning rest breaks; phoning about a closed bridge; checking tyre treads; "
                "strapping a tall load; arguing with the satnav; washing the cab; filing toll receipts"
            ),
            uses=(
                "delivered to {party}; unloaded at {party}; carried on {round}; dropped at a farm; tipped at the quarry; "
                "signed for by {person}"
            ),
            losses="damaged; refused; stolen at a lay-by; soaked; shed on a bend",
            gains="a backload; the rail siding; another haulier; a cancelled drop",
            reasons=(
                "because a strap had frayed; as the paperwork was unsigned; since the curtain had ripped; because of a "
                "sudden swerve; after a roadside check; because the forks went through the wrap"
            ),
            asides=(
                "The motorway was closed for {d} hours; {person} has driven for {d} years; The lay-by is {d} km from the "
                "border; The cab radio stores {d} stations; The bridge stands {d} metres over the river"
            ),
        ),
        "cross-dock": Topic(
            things=(
                "case/cases: shampoo, light bulbs, baby wipes, batteries, olive oil, dish soap; carton/cartons: toasters, "
                "desk lamps, kettles, umbrellas, lunch boxes; bundle/bundles: hangers, flat-pack displays, gift wrap"
            ),
            holders="pallet/pallets; stillage/stillages; roll cage/roll cages; layer/layers",
            receivers="store/stores; lane/lanes; door/doors",
            measure="weighs kg tonne 1000 3 30 1",
            tasks=(
                "chalking lane numbers; breaking down mixed loads; hunting for a missing seal; stretch-wrapping the tall "
                "stacks; paging a driver; straightening the dock plates; scanning the inbound wave; balancing the outbound "
                "sheet"
            ),
            uses=(
                "moved across to {party}; loaded on {round}; sent to {party}; taken by the afternoon trailer; checked out by"
                " {person}; shipped to city shops"
            ),
            losses="short-shipped; crushed; mislabelled and pulled; rejected; dropped off the dock",
            gains="the early inbound trailer; the overflow lane; a supplier's own van; the quarantine lane",
            reasons=(
                "because the wrap tore; as the stack leaned; since the codes were duplicated; because the dock plate jolted;"
                " after a recount; because the supplier mixed two orders"
            ),
            asides=(
                "The dock has {d} heaters; Lane paint was renewed {d} weeks ago; {person} walks {d} km a shift; The wrap "
                "machine spins for {d} seconds; The outbound sheet has {d} columns"
            ),
        ),
        "returns centre": Topic(
            things=(
                "jacket/jackets~: waxed cotton, quilted, denim; headset/headsets~: gaming, travel, studio; dress/dresses~: "
                "linen, velvet, pleated; router/routers~: mesh, office; blender/blenders~: hand, compact; boot/boots~: "
                "suede, rubber, riding"
            ),
            holders="tote/totes; gaylord/gaylords; hamper/hampers; cage/cages",
            receivers="grader/graders; outlet/outlets; workbench/workbenches",
            measure="weighs g kilogram 1000 200 1800 100",
            tasks=(
                "grading the morning returns; testing chargers; steaming garments; printing refund slips; sorting by defect "
                "code; removing stickers; photographing scuffs; listening to a rattle"
            ),
            uses=(
                "resold through {party}; regraded and sent to {party}; donated to a charity; sold at auction; passed to "
                "{person}; shipped out on {round}"
            ),
            losses="scrapped; stripped for parts; shredded; too worn to sell; recycled",
            gains="the post office; a shop collection; the marketplace seller; the holiday backlog",
            reasons=(
                "because the zips were broken; as the serials did not match; since parts had gone; because of a smoky smell;"
                " after a safety notice; because the soles had split"
            ),
            asides=(
                "The refund desk has {d} telephones; The steamer boils for {d} minutes; {person} found {d} coins under the "
                "bench; The defect list has {d} codes; The shredder is {d} years old"
            ),
        ),
        "grocery depot": Topic(
            things=(
                "sack/sacks: potatoes, onions, basmati rice, plain flour, red lentils; punnet/punnets: strawberries, plums, "
                "cherry tomatoes, figs; jar/jars: honey, peanut butter, pickled beets, apricot jam; loaf/loaves: rye bread, "
                "sourdough, milk bread"
            ),
            holders="crate/crates; dolly/dollies; tray/trays; roll cage/roll cages",
            receivers="shop/shops; market stall/market stalls; kitchen/kitchens",
            measure="weighs g kilogram 1000 250 900 50",
            tasks=(
                "walking the banana room; turning the date labels forward; weighing the waste bins; haggling with a grower; "
                "rinsing the crates; checking sugar levels; arranging the tasting table; sweeping up rice"
            ),
            uses=(
                "sold to {party}; picked for shops; driven to {party}; bagged on {round}; given to a food bank; set aside "
                "for {person}"
            ),
            losses="bruised; mouldy; trampled; composted; past their date",
            gains="a grower; the ripening room; the market hall; a bakery",
            reasons=(
                "because of the heat; as the lorry braked hard; since the boxes were wet; because the glass was chipped; "
                "after a taste test; because a shelf collapsed"
            ),
            asides=(
                "The banana room has {d} fans; The market hall was built {d} years ago; {person} tasted {d} cheeses; The "
                "weighing scale needs {d} batteries; The floor is hosed {d} times a week"
            ),
        ),
        "furniture warehouse": Topic(
            things=(
                "chair/chairs~: oak, walnut, rattan, moulded plastic; table/tables~: beech, marble, folding pine; bed "
                "frame/bed frames~: iron, bamboo, painted ash; cabinet/cabinets~: birch, oak-veneer, reclaimed elm; "
                "lamp/lamps~: brass, ceramic, woven cane"
            ),
            holders="container/containers; rack/racks; crate/crates; bay/bays",
            receivers="showroom/showrooms; hotel/hotels; installer/installers",
            measure="weighs kg tonne 1000 5 60 1",
            tasks=(
                "blanket-wrapping a sideboard; hunting for missing screws; polishing a display set; measuring a van's "
                "headroom; repairing a scratched top; filing assembly sheets; moving sofas sideways; photographing new "
                "arrivals"
            ),
            uses=(
                "delivered to {party}; sold to a hotel; assembled for {party}; hauled out on {round}; lent to a film crew; "
                "reserved by {person}"
            ),
            losses="scratched; broken; warped; returned to the joiner; chipped",
            gains="the joiner's workshop; an overseas shipment; the clearance tent; the showroom",
            reasons=(
                "because a strap had slipped; as the varnish blistered; since the legs were uneven; because the damp got in;"
                " after a fall from the rack; because woodworm was found"
            ),
            asides=(
                "The van's ramp is {d} metres long; {person} owns {d} hammers; The showroom closes for {d} days in August; "
                "The polish dries in {d} minutes; The manual has {d} drawings"
            ),
        ),
        "construction supplies": Topic(
            things=(
                "bag/bags: cement, plaster, gravel, sharp sand, grout; sheet/sheets: plywood, drywall, insulation board, "
                "corrugated roofing; brick/bricks~: red clay, blue engineering, reclaimed; tin/tins: primer, wood stain, "
                "bitumen paint; length/lengths: copper pipe, skirting, conduit"
            ),
            holders="pallet/pallets; bundle/bundles; stack/stacks; skip/skips",
            receivers="site/sites; builder/builders; plot/plots",
            measure="weighs kg tonne 1000 5 50 5",
            tasks=(
                "loading a tipper; covering the sand bays; cutting lengths to order; quoting a loft job; hosing the mixers; "
                "sharpening blades; moving the tape barrier; checking the banding tool"
            ),
            uses=(
                "delivered to {party}; used on a bungalow; craned to {party}; collected by {person}; laid during {round}; "
                "sold to a roofer"
            ),
            losses="split; smashed; set hard; snapped; soaked through",
            gains="the quarry; the kiln; a demolition site; the timber yard",
            reasons=(
                "because the tarpaulin blew off; as the banding snapped; since frost got in; because the forks slipped; "
                "after a site inspection; because the lids were left open"
            ),
            asides=(
                "The scaffold is {d} metres high; {person} drank {d} mugs of tea; The kiln fires for {d} hours; The mixer "
                "drum turns {d} times a minute; The site fence has {d} gates"
            ),
        ),
        "book distribution": Topic(
            things=(
                "copy/copies: a cookery book, an atlas, a spy thriller, a poetry collection, a tax guide, a picture book; "
                "box/boxes: calendars, school readers, greeting cards; roll/rolls: wall maps, art posters; volume/volumes: "
                "an encyclopaedia, a legal digest"
            ),
            holders="parcel/parcels; shipper/shippers; pallet/pallets; crate/crates",
            receivers="bookshop/bookshops; library/libraries; festival tent/festival tents",
            measure="weighs g kilogram 1000 150 950 50",
            tasks=(
                "stickering the prize list; answering a festival email; shelving the new titles; checking a print run; "
                "picking the club order; cutting shrink-wrap; balancing royalty slips; looking for an errata sheet"
            ),
            uses=(
                "ordered by {party}; shipped to {party}; sold at a signing; mailed on {round}; sent to reviewers; signed for"
                " by {person}"
            ),
            losses="pulped; misbound; remaindered; water-stained; sent back to the printer",
            gains="the printer; a cancelled festival; the second bindery; the reserve shelf",
            reasons=(
                "because the spines were crooked; as a page was missing; since the ink had run; because the jackets were "
                "torn; after a libel letter; because the roof dripped"
            ),
            asides=(
                "The picking aisle is {d} metres long; The festival runs for {d} days; {person} has read it {d} times; The "
                "errata sheet lists {d} mistakes; The kettle takes {d} minutes"
            ),
        ),
    },
)

"""The rehearsal author's vocabulary of hospital pharmacy: dispensing and stock."""

from __future__ import annotations

from recipes.ground_truth.rehearsal.author_words import Topic, Trade

PHARMACY = Trade(
    parties="the {} ward; {} ward; the {} clinic; the {} unit; the {} suite; the {} wing",
    sites="the {} dispensary; the {} pharmacy; the {} store; the {} medicines room; {} General; {} Infirmary; {} Hospital",
    jobs=(
        "the duty pharmacist; a pharmacy technician; the night charge nurse; the stores clerk; a trainee dispenser; the ward"
        " sister; the stock controller; a locum pharmacist; the purchasing assistant; the clinical lead; the shift "
        "supervisor; a pre-registration student; the medicines manager; the audit nurse; a porter"
    ),
    rounds="the morning round; the evening round; the night shift; the day team; the weekend crew; the early shift",
    topics={
        "ward stock": Topic(
            things=(
                "vial/vials: heparin, ketamine, insulin, ceftriaxone, vancomycin, midazolam, furosemide, ondansetron; "
                "ampoule/ampoules: morphine, atropine, lidocaine, naloxone, digoxin, metoclopramide; blister/blisters: "
                "paracetamol, ibuprofen, codeine, warfarin"
            ),
            holders="tray/trays; drawer/drawers; tote/totes; bin/bins",
            receivers="ward/wards; bay/bays; cupboard/cupboards",
            measure="holds mL litre 1000 5 50 5",
            tasks=(
                "restocking the ward cupboards; reconciling the shelf cards; clearing the top-up list; checking the imprest "
                "levels; handing over the keys; going through the red folder; relabelling the upper shelves; auditing the "
                "locked cabinet"
            ),
            uses=(
                "issued to {party}; dispensed against signed charts; handed to {party}; drawn for the theatre list; used on "
                "{round}; signed out by {person}"
            ),
            losses="thrown away; destroyed; written off; quarantined; condemned",
            gains="the regional store; the main dispensary; a sister hospital; the wholesaler",
            reasons=(
                "because the labels had peeled; because the seals were cracked; as they were past expiry; because they had "
                "been left in the sun; after a batch recall; since the caps were loose"
            ),
            asides=(
                "The stock room has {d} hooks along its back wall; {person} has run the ward for {d} years; The last audit "
                "took {d} hours; The trolley is wiped down {d} times a day; A poster by the sink lists {d} hand-washing "
                "steps"
            ),
        ),
        "infusion service": Topic(
            things=(
                "bag/bags: saline, dextrose, Hartmann's solution, mannitol, potassium chloride, plasma expander; "
                "bottle/bottles: albumin, lipid emulsion, amino acids, metronidazole infusion; syringe/syringes: propofol, "
                "remifentanil, noradrenaline, fentanyl, labetalol"
            ),
            holders="crate/crates; rack/racks; case/cases; basket/baskets",
            receivers="theatre/theatres; bedside/bedsides; pump/pumps",
            measure="holds mL litre 1000 100 500 50",
            tasks=(
                "priming the pumps; setting up the afternoon infusions; tracing a missing giving set; topping up the warming"
                " cabinet; double-checking drip rates; charging the spare batteries; wiping the line clamps; printing "
                "bedside labels"
            ),
            uses=(
                "hung in {party}; used on {round}; connected during surgery; taken to {party}; collected by {person}; given "
                "in recovery"
            ),
            losses="discarded; poured away; rejected; withdrawn from use; sent for testing",
            gains="the fluid store; the emergency reserve; the manufacturer; another campus",
            reasons=(
                "because the ports leaked; as particles were seen inside; because the overwraps had split; since the warming"
                " cabinet had overheated; after a pressure test; because of a faulty print run"
            ),
            asides=(
                "The corridor to the unit is {d} metres long; The pump alarm was tested {d} times that week; {person} has "
                "trained {d} students; The new chairs were bought {d} months ago; A wall clock runs {d} minutes fast"
            ),
        ),
        "outpatient counter": Topic(
            things=(
                "pack/packs: metformin, ramipril, atorvastatin, levothyroxine, sertraline, omeprazole, bisoprolol; "
                "inhaler/inhalers~: salbutamol, tiotropium, budesonide; tube/tubes: hydrocortisone cream, eczema ointment, "
                "antifungal gel; bottle/bottles: amoxicillin suspension, lactulose, cough linctus, antacid"
            ),
            holders="carton/cartons; basket/baskets; bin/bins; tote/totes",
            receivers="patient/patients; clinic/clinics; counter/counters",
            measure="weighs g kilogram 1000 20 250 10",
            tasks=(
                "calling ticket holders to the hatch; bagging repeat prescriptions; sorting the uncollected shelf; answering"
                " the helpline; explaining dose charts; checking exemption forms; refilling the robot; matching bags to "
                "names"
            ),
            uses=(
                "collected by patients; dispensed before lunch; handed over at the hatch; posted to patients; sent to "
                "{party}; set aside for {person}"
            ),
            losses="spoiled; withdrawn; binned; rejected at the final check; destroyed",
            gains="the wholesaler; the robot store; the back room; a neighbouring chemist",
            reasons=(
                "because the barcodes would not scan; as a box had been crushed; since the strength was wrong; because a "
                "leak had soaked the shelf; after a supplier alert; because the leaflets were missing"
            ),
            asides=(
                "The waiting area has {d} seats; The queue display shows {d} languages; The hatch was repainted {d} weeks "
                "ago; {person} speaks {d} languages; The helpline menu has {d} options"
            ),
        ),
        "vaccine clinic": Topic(
            things=(
                "dose/doses: influenza vaccine, measles vaccine, tetanus booster, hepatitis vaccine, shingles vaccine, polio"
                " vaccine, typhoid vaccine; vial/vials: rabies vaccine, meningitis vaccine, yellow fever vaccine, cholera "
                "vaccine, diluent"
            ),
            holders="cool box/cool boxes; carrier/carriers; tray/trays; carton/cartons",
            receivers="school/schools; village/villages; booth/booths",
            measure="takes mL litre 1000 1 10 1",
            tasks=(
                "logging the fridge temperatures; drawing up the first list; freezing the ice packs; ticking consent forms; "
                "arranging the observation chairs; loading the outreach van; calibrating the probe; mapping the school "
                "visits"
            ),
            uses=(
                "given at the morning session; used in {party}; administered to staff; given to walk-in visitors; taken to "
                "{party}; injected on {round}"
            ),
            losses="spoiled; discarded; lost to the cold-chain fault; frozen by mistake; thrown out",
            gains="the national depot; the district fridge; the health board; a neighbouring practice",
            reasons=(
                "because the fridge door stood open; as the data logger failed; since the diluent ran short; because they "
                "had been shaken; after a power cut; because the indicator spots turned dark"
            ),
            asides=(
                "The fridge beeps {d} times before it locks; The outreach van seats {d} adults; The clinic opened {d} years "
                "ago; {person} cycled {d} km to work; The consent form is {d} pages long"
            ),
        ),
        "compounding bench": Topic(
            things=(
                "capsule/capsules~: tacrolimus, caffeine citrate, sodium bicarbonate, spironolactone, hydrocortisone; "
                "sachet/sachets: zinc oxide powder, potassium citrate, glucose, creatine; jar/jars: coal tar paste, urea "
                "cream, salicylic ointment, barrier cream; pessary/pessaries~: progesterone, clotrimazole"
            ),
            holders="box/boxes; canister/canisters; tub/tubs; tray/trays",
            receivers="bench/benches; prescriber/prescribers; formulation room/formulation rooms",
            measure="weighs mg gram 1000 50 500 50",
            tasks=(
                "levelling the balances; wiping down the isolator; writing up a worksheet; warming the ointment slab; "
                "weighing out excipients; checking particle sizes; sealing batch samples; changing the air filters"
            ),
            uses=(
                "released to {party}; packed for {party}; sent to the trial office; passed to {person}; shipped to the "
                "children's unit; dispensed the same afternoon"
            ),
            losses="rejected; crushed; scrapped; spilled; kept back for assay",
            gains="the second bench; a repeat batch; the pilot plant; the night team",
            reasons=(
                "because the fill weight drifted; as the shells were brittle; since the colour was uneven; because the "
                "humidity was high; after a mixing error; because the lid threads were stripped"
            ),
            asides=(
                "The isolator glove ports were replaced {d} weeks ago; The bench is {d} metres long; The worksheet has {d} "
                "signature lines; {person} keeps {d} spare pens in a pocket; The extractor fan has {d} speeds"
            ),
        ),
        "emergency trolleys": Topic(
            things=(
                "airway/airways~: standard-size, paediatric; pad/pads~: defibrillator, chest electrode; ampoule/ampoules: "
                "adrenaline, amiodarone, calcium gluconate, glucagon; cannula/cannulas~: green-gauge, pink-gauge, "
                "grey-gauge; mask/masks~: venturi, reservoir"
            ),
            holders="pouch/pouches; drawer/drawers; kit/kits; case/cases",
            receivers="trolley/trolleys; ambulance/ambulances; crash team/crash teams",
            measure="weighs g kilogram 1000 20 400 20",
            tasks=(
                "breaking seals for the monthly check; drilling the resuscitation team; tagging drawers; laminating new "
                "checklists; timing a mock alarm; rotating short-dated stock; testing suction; numbering the tags"
            ),
            uses=(
                "moved to {party}; opened during a drill; loaded on trolleys; used on {round}; given to {person}; fitted in "
                "{party}"
            ),
            losses="condemned; thrown away; torn open; failed at inspection; written off",
            gains="the training room; central supply; the ambulance base; the retired trolleys",
            reasons=(
                "because their wrappers were torn; as the dates had passed; since the gel had dried; because the wrong size "
                "was printed; after the manufacturer's notice; because the seals were missing"
            ),
            asides=(
                "The alarm was silenced after {d} seconds; The drill drew {d} onlookers; The lift stops at {d} floors; "
                "{person} ran up {d} steps; The resuscitation manual has {d} chapters"
            ),
        ),
        "dialysis unit": Topic(
            things=(
                "filter/filters~: high-flux, low-flux, paediatric; cartridge/cartridges: bicarbonate, citrate, resin; "
                "canister/canisters: acid concentrate, disinfectant, softener salt; line/lines~: arterial, venous; "
                "vial/vials: epoetin, iron sucrose, paricalcitol"
            ),
            holders="pallet/pallets; shelf box/shelf boxes; crate/crates; trolley/trolleys",
            receivers="station/stations; machine/machines; satellite clinic/satellite clinics",
            measure="weighs g kilogram 1000 150 900 50",
            tasks=(
                "flushing the water loop; planning the evening chairs; weighing patients in; descaling the machines; "
                "swapping carbon tanks; charting access pressures; folding blankets; arguing with the delivery desk"
            ),
            uses=(
                "used in {party}; run on {round}; lent to {party}; fitted by {person}; issued for home treatment; mounted at"
                " the night session"
            ),
            losses="rejected; punctured; quarantined; written off; sent back to the maker",
            gains="the home-therapy store; the supplier; the renal hub; a sister unit",
            reasons=(
                "because the membranes had dried; as the lot was recalled; since the connectors were bent; because a "
                "forklift hit the stack; after a bacterial alert; because the caps were discoloured"
            ),
            asides=(
                "The car park keeps {d} spaces for patients; The water plant is {d} years old; Each visit lasts about {d} "
                "hours; {person} lives {d} km away; The television has {d} channels"
            ),
        ),
        "discharge medicines": Topic(
            things=(
                "packet/packets: apixaban, prednisolone, doxycycline, gabapentin, tramadol, lansoprazole; strip/strips: "
                "senna, cyclizine, folic acid, thiamine, loperamide; pen/pens~: enoxaparin, liraglutide, glargine"
            ),
            holders="paper bag/paper bags; tote/totes; locker/lockers; basket/baskets",
            receivers="patient/patients; discharge lounge/discharge lounges; family/families",
            measure="weighs g kilogram 1000 10 90 5",
            tasks=(
                "chasing a missing signature; counselling a family; ringing the transport desk; comparing the chart with the"
                " letter; printing reminder cards; finding a translator; emptying the lockers; unlocking the hatch"
            ),
            uses=(
                "sent home with patients; delivered to {party}; checked out by {person}; bagged for transport; collected "
                "from the lounge; handed out on {round}"
            ),
            losses="cancelled; destroyed; spoiled; mislabelled and binned; withdrawn",
            gains="the ward lockers; the evening robot run; the satellite dispensary; the reserve cabinet",
            reasons=(
                "because the plan had changed; as the foil was pierced; since the names did not match; because the dose was "
                "doubled in error; after a phone call from the surgeon; because the letter was never signed"
            ),
            asides=(
                "The lounge has {d} armchairs; The taxi desk quotes {d} minutes; The letter template has {d} boxes; {person}"
                " opened {d} letters that morning; The vending machine offers {d} drinks"
            ),
        ),
        "wound-care stores": Topic(
            things=(
                "roll/rolls: crepe bandage, zinc tape, tubular gauze, cohesive wrap, orthopaedic wool; dressing/dressings~: "
                "foam, alginate, hydrogel, silver, charcoal; swab/swabs~: cotton, alcohol; sachet/sachets: saline wash, "
                "barrier film, honey gel"
            ),
            holders="box/boxes; sleeve/sleeves; shelf pack/shelf packs; crate/crates",
            receivers="nurse/nurses; surgery/surgeries; treatment room/treatment rooms",
            measure="weighs g kilogram 1000 5 120 5",
            tasks=(
                "counting the dressing shelves; packing the district bags; measuring shelf space; throwing out torn "
                "wrappers; sorting a delivery by size; teaching compression technique; reading glue safety sheets; pricing a"
                " new tender"
            ),
            uses=(
                "taken by {party}; used on {round}; packed in district bags; given to {person}; sent to {party}; booked out "
                "for burns"
            ),
            losses="soaked; torn; binned; thrown out; written off",
            gains="the linen room; the tissue nurse; the community store; a cancelled order",
            reasons=(
                "because a pipe had burst; as the sterile seal was broken; since mice had got in; because the glue had set; "
                "after the infection audit; because the sizes were mixed up"
            ),
            asides=(
                "The store is on level {d} of the north block; The tender document has {d} pages; {person} has {d} "
                "colleagues in the team; The ladder has {d} rungs; The door code was changed {d} days ago"
            ),
        ),
        "care-home supply": Topic(
            things=(
                "tablet/tablets~: amlodipine, donepezil, memantine, citalopram, simvastatin, allopurinol; patch/patches~: "
                "fentanyl, rivastigmine, nicotine; drink/drinks~: high-calorie, vanilla protein; bottle/bottles: eye drops, "
                "ear drops, thickened juice"
            ),
            holders="dosette/dosettes; carton/cartons; tray/trays; cassette/cassettes",
            receivers="home/homes; resident/residents; carer/carers",
            measure="weighs g kilogram 1000 5 60 5",
            tasks=(
                "sealing weekly trays; driving the north route; explaining a chart to new carers; filing returned charts; "
                "matching photographs to trays; loading the blue van; chasing a fax; updating allergy stickers"
            ),
            uses=(
                "dropped at {party}; sealed in weekly trays; given on {round}; signed for by {person}; driven to {party}; "
                "taken by residents"
            ),
            losses="dropped; dissolved in a spill; destroyed; refused and discarded; written off",
            gains="the hub; the monthly order; the standby cupboard; the van's reserve",
            reasons=(
                "because the foil had lifted; as a resident had moved away; since the chart was out of date; because they "
                "had got damp; after a medication review; because the tray lids cracked"
            ),
            asides=(
                "The blue van is {d} years old; The north route is {d} km long; The garden has {d} benches; {person} keeps "
                "{d} budgerigars; The lift was out of order for {d} days"
            ),
        ),
    },
)

"""What the rehearsal author knows of a trade: its things, containers, places, people and troubles, topic by topic."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thing:
    """What is counted. plural and single are the short forms, full the first mention ("vials of heparin")."""

    single: str
    plural: str
    full: str


@dataclass(frozen=True, slots=True)
class Topic:
    """One corner of a trade. Lists are ";"-separated texts, so that the vocabulary reads as prose.

    things: "single/plural: kind, kind ..." ("vials of heparin"), or with "~" after the plural ("oak chairs"); holders and
    receivers: "single/plural"; measure: "verb unit big-unit ratio low high step" of one thing; tasks: what people are busy
    with; uses and losses: how things leave (passive, after "were"); gains: where more comes from; reasons: why things are
    lost; asides: facts beside the point, {d} being a number.
    """

    things: str
    holders: str
    receivers: str
    measure: str
    tasks: str
    uses: str
    losses: str
    gains: str
    reasons: str
    asides: str

    def all_things(self) -> tuple[Thing, ...]:
        out: list[Thing] = []
        for group in split(self.things):
            forms, kinds = group.split(":")
            single, plural = forms.strip().removesuffix("~").split("/")
            shape = "{0} {1}" if "~" in forms else "{1} of {0}"
            out += [Thing(single, plural, shape.format(kind.strip(), plural)) for kind in kinds.split(",")]
        return tuple(out)


@dataclass(frozen=True, slots=True)
class Trade:
    """A domain: its topics by the name the `topic` axis uses, and what all of them share."""

    topics: dict[str, Topic]
    parties: str
    sites: str
    jobs: str
    rounds: str


def split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


PEOPLE = split(
    "Amara Osei; Bjorn Dahl; Chiara Conti; Dmitri Volkov; Elif Yaman; Farid Nasser; Greta Lund; Hana Mori; Ivo Petrov; "
    "Jasmin Roy; Kofi Mensah; Leila Haddad; Marek Nowak; Nadia Khan; Oskar Berg; Paloma Vega; Quentin Blanc; Rosa Duarte; "
    "Samir Patel; Tess Whelan; Umar Farouk; Viola Rossi; Wanda Kral; Ximena Cruz; Yusuf Demir; Zofia Lis; Anton Weiss; "
    "Beatriz Pinto; Caleb Stone; Dunja Simic; Emeka Obi; Fiona Kerr; Gustav Holm; Helen Archer; Imran Shah; Joana Reis; "
    "Kenji Sato; Lucia Marin; Mirko Babic; Noor Aziz; Olga Sidor; Piet Visser; Ruth Adler; Sunita Rao; Tomas Horak; Ulla "
    "Falk; Vikram Nair; Wen Zhao; Yara Salim; Zeno Galli; Arlo Finch; Bronwyn Pugh; Ciaran Doyle; Delphine Roux; Edgar "
    "Klein; Freya Moen; Goran Ilic; Harriet Cole; Isaac Levy; Jiri Kolar; Katya Belova; Lionel Grant; Maeve Brody; Nils "
    "Arvid; Oriana Leone; Pavel Dvorak"
)
PROPER = split(
    "Alder; Birch; Cedar; Juniper; Rowan; Hazel; Linden; Maple; Willow; Aspen; Larch; Hawthorn; Bracken; Heather; Kestrel; "
    "Merlin; Osprey; Heron; Plover; Curlew; Wren; Falcon; Harrier; Lapwing; Amber; Cobalt; Crimson; Indigo; Saffron; "
    "Jasper; Garnet; Opal; Onyx; Beryl; Thames; Severn; Tyne; Mersey; Clyde; Tamar; Avon; Orwell; Ribble; Medway; Lister; "
    "Fleming; Jenner; Curie; Seacole; Barton; Nightingale; Harvey; Pasteur; Salk; Kepler; Darwin; Mendel; Hooke; Faraday; "
    "Turing; Noether; Lovelace"
)

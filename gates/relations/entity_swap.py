"""entity_swap: with other names for the same people, the answer stays but for the names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from gates.relations.expected import Changed, MappedBy, swapped
from gates.relations.sentences import about_text

# Given names of the same gender, so that pronouns stay right, in pairs that change places. None is also a word, a month or a
# place (Mark, Rose, April, Paris), and none is borne by both sexes.
_PAIRS: Final = (
    "Natalia Rebecca|Betty Sandra|Julie Monica|Maria Helen|Anna Laura|Emma Sarah|Olivia Hannah|Sophia Rachel|Emily Megan|"
    "Lisa Karen|"
    "Jessica Nicole|Amanda Melissa|Jennifer Stephanie|Elizabeth Katherine|Susan Nancy|Linda Barbara|Alice Diana|Jane Ellen|"
    "Lucy Amy|Mary Martha|Rachelle Simone|Claire Julia|Marta Ingrid|Priya Leila|Fatima Yasmin|Mei Yuki|Tina Gina|Kate Molly|"
    "James Robert|John Michael|David Richard|Thomas Daniel|Matthew Anthony|Paul Steven|Andrew Joshua|Kevin Brian|George Edward|"
    "Ronald Timothy|Jason Jeffrey|Ryan Jacob|Gary Nicholas|Eric Jonathan|Stephen Larry|Justin Scott|Benjamin Samuel|"
    "Gregory Raymond|"
    "Patrick Alexander|Tom Peter|Tim Ben|Sam Joe|Adam Henry|Carlos Diego|Ahmed Omar|Hans Karl|Luca Marco"
)
NAMES: Final[Mapping[str, str]] = {
    one: other for pair in _PAIRS.split("|") for left, right in [pair.split()] for one, other in ((left, right), (right, left))
}
_RESERVED = re.compile(
    r"\b(?:names?|named|called|king|queen|president|saint|st|author|born|bible|shakespeare)\b", re.IGNORECASE
)


def entity_swap(input: str, names: Mapping[str, str] = NAMES) -> Changed | None:
    """The input with every known name replaced by its partner; done twice, it is the input again.

    names: each name's partner, both ways round. None where no known name occurs, where two partners might be told apart by more
    than their names (a surname follows, or the person is a known one), and for tasks about wording. Raises ValueError when
    `names` is no exchange in pairs.
    """
    if any(names.get(other) != one or one == other for one, other in names.items()):
        raise ValueError("names must be given in pairs that change places")
    found = [name for name in dict.fromkeys(re.findall(r"[^\W\d_]+", input)) if name in names]
    if not found or about_text(input) or _RESERVED.search(input):
        return None
    # A name behind or before another capitalised word may be part of a title, a firm or a well-known person.
    if any(re.search(rf"(?<![.!?:]\s)(?<!^)[A-Z][\w’']*\s+{name}\b|\b{name}\s+(?!I\b)[A-Z][a-z]", input) for name in found):
        return None
    pairs = {name: names[name] for name in found} | {names[name]: name for name in found}
    told = ", ".join(f"{name} -> {names[name]}" for name in found)
    return Changed(swapped(input, pairs), MappedBy(tuple(sorted(pairs.items()))), told)

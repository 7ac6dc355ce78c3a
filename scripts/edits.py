"""Mechanical edits that leave an item what it was, for measuring what novelty catches: eight kinds, for texts of any domain.

An edit that cannot change a text says so with None, and is not counted.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from factory.similarity.text import normalise

NEW_NAMES: Final = ("Oluwaseun", "Katarzyna", "Thiago", "Birgit", "Nikhil", "Saoirse", "Mbali", "Yusuf", "Freya", "Hiroto")
# More of a text than this in other names, and it is another text.
_MOST_RENAMED: Final = 0.25
_MOST_NAMES: Final = 4
_MOST_SYNONYMS: Final = 0.3
_LONGEST_DISTRACTOR: Final = 110

_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*|\n+")
_DATES: Final = frozenset(
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ]
)
_SYNONYM_LIST: Final = """
big:large small:little buys:purchases buy:purchase bought:purchased gets:receives get:receive got:received gives:hands
give:hand gave:handed kids:children children:kids total:overall altogether:overall every:each each:every begins:starts
starts:begins started:began began:started makes:produces make:produce made:produced needs:requires need:require
needed:required wants:wishes want:wish wanted:wished shop:store store:shop car:automobile house:home home:house
money:cash quickly:fast fast:quickly also:additionally another:additional ends:finishes end:finish ended:finished
finds:discovers find:discover found:discovered shows:displays show:display showed:displayed helps:assists help:assist
helped:assisted many:numerous picks:selects pick:select picked:selected choose:select select:choose answer:reply
question:query about:regarding however:though because:since since:because often:frequently rarely:seldom
important:significant easy:simple simple:easy hard:difficult difficult:hard happy:glad sad:unhappy method:approach
approach:method use:employ uses:employs used:employed using:employing create:produce creates:produces created:produced
near:close remaining:leftover spends:pays spend:pay spent:paid costs:prices friends:companions friend:companion job:work
week:seven-day-period trip:journey journey:trip road:street street:road picture:image image:picture reads:peruses
sells:vends sell:vend sold:vended collects:gathers collect:gather collected:gathered eats:consumes eat:consume
ate:consumed given:provided gives:provides provide:supply provides:supplies return:yield returns:yields set:put
several:multiple different:distinct whole:entire entire:whole error:mistake check:verify checks:verifies value:amount
amount:quantity number:count times:fold people:persons men:gentlemen women:ladies
"""
_SYNONYMS: Final[Mapping[str, str]] = dict(pair.split(":") for pair in _SYNONYM_LIST.split())
_FIXED_DISTRACTORS: Final = (
    "The weather was mild that day.",
    "Nobody else was there at the time.",
    "The walls of the room were painted blue.",
    "A dog barked somewhere in the distance.",
)

Edit = Callable[[str, random.Random], str | None]


@dataclass(frozen=True)
class Editor:
    """The edits, fitted to a corpus: which of its words are names, and which of its sentences can stand anywhere."""

    names: frozenset[str]
    distractors: Sequence[str]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Editor:
        pool = {
            sentence
            for text in texts
            for sentence in sentences(text)[:-1]
            if 15 <= len(sentence) <= _LONGEST_DISTRACTOR and not any(c.isdigit() for c in sentence) and sentence[-1] in ".。"
        }
        return cls(names_of(texts), sorted(pool) or _FIXED_DISTRACTORS)

    def kinds(self) -> dict[str, Edit]:
        """The eight kinds by name."""
        return {
            "copy": lambda text, rng: text,
            "space_and_case": _changed(lambda text, rng: other_case(other_space(text, rng), rng)),
            "name_swap": self.renamed,
            "number_swap": renumbered,
            "synonyms": synonyms,
            "clause_reorder": reordered,
            "distractor": self.distracted,
            "heavy_mix": self.mixed,
        }

    def renamed(self, text: str, rng: random.Random) -> str | None:
        words = _WORD.findall(text)
        found = [word for word in words if word in self.names]
        if not 1 <= len(set(found)) <= _MOST_NAMES or len(found) > _MOST_RENAMED * len(words):
            return None
        return other_names(text, rng, self.names)

    def distracted(self, text: str, rng: random.Random) -> str | None:
        """One sentence of another text more, never longer than half the text, before the last sentence."""
        own = sentences(text)
        fitting = [each for each in rng.sample(self.distractors, min(40, len(self.distractors))) if 2 * len(each) <= len(text)]
        fitting = [each for each in fitting if each not in text]
        if not fitting or not own:
            return None
        return " ".join([*own[:-1], fitting[0], own[-1]]) if len(own) > 1 else f"{fitting[0]} {text}"

    def mixed(self, text: str, rng: random.Random) -> str | None:
        """Names, synonyms, order, a distractor and white space at once; at least three of them must apply."""
        applied = 0
        for edit in (self.renamed, synonyms, reordered, self.distracted, _changed(other_space)):
            if (edited := edit(text, rng)) is not None:
                text, applied = edited, applied + 1
        return text if applied >= 3 else None


def sentences(text: str) -> list[str]:
    return [part.strip() for part in _SENTENCE.split(text) if part.strip()]


def _changed(edit: Callable[[str, random.Random], str]) -> Edit:
    def only_if_changed(text: str, rng: random.Random) -> str | None:
        return edited if (edited := edit(text, rng)) != text else None

    return only_if_changed


def other_space(text: str, rng: random.Random) -> str:
    spaces = ("  ", "\n", "\t", "\u00a0", " \n ")
    return "\n " + "".join(rng.choice(spaces) if c == " " and rng.random() < 0.4 else c for c in text) + "  "


def other_case(text: str, rng: random.Random) -> str:
    return rng.choice((str.upper, str.lower, str.title, str.swapcase))(text)


def names_in(text: str, names: frozenset[str]) -> set[str]:
    return {word for word in _WORD.findall(text) if word in names}


def other_names(text: str, rng: random.Random, names: frozenset[str]) -> str:
    found = sorted(names_in(text, names))
    new = [name for name in NEW_NAMES if name not in found]
    swap = dict(zip(found, rng.sample(new, len(found)), strict=True))
    return _WORD.sub(lambda m: swap.get(m.group(), m.group()), text)


def other_numbers(text: str, rng: random.Random) -> str:
    def change(match: re.Match[str]) -> str:
        old = float(match.group().replace(",", ""))
        while True:
            new = round(old * rng.uniform(0.3, 3.0) + rng.randint(1, 9), 2 if "." in match.group() else 0)
            if new != old:
                return f"{new:.2f}" if "." in match.group() else f"{int(new)}"

    return _NUMBER.sub(change, text)


def has_number(text: str) -> bool:
    return _NUMBER.search(text) is not None


def renumbered(text: str, rng: random.Random) -> str | None:
    """Other numbers in the same template; None where there are none, or hardly anything else: one number among few words may
    be all that such a text says, while two or more stand for a task of its own.
    """
    words, numbers = len(_WORD.findall(text)), len(_NUMBER.findall(text))
    return other_numbers(text, rng) if (numbers and words >= 5) or (numbers >= 2 and words) else None


def synonyms(text: str, rng: random.Random) -> str | None:
    """Listed words by their synonyms, at most a third of the text's words."""
    most = max(1, int(_MOST_SYNONYMS * len(_WORD.findall(text))))
    done = 0

    def change(match: re.Match[str]) -> str:
        nonlocal done
        word = match.group()
        other = _SYNONYMS.get(word.lower())
        if other is None or done >= most:
            return word
        done += 1
        return other.capitalize() if word[0].isupper() else other

    edited = _WORD.sub(change, text)
    return edited if done else None


def reordered(text: str, rng: random.Random) -> str | None:
    """Sentences in another order, the last one left in its place; of a single one, its clauses about a comma."""
    parts = sentences(text)
    if len(parts) >= 3:
        order = parts[:-1]
        while order == parts[:-1]:
            if len(set(order)) < 2:
                return None
            rng.shuffle(order)
        return " ".join([*order, parts[-1]])
    if not parts:
        return None
    *before, last = parts
    body, end = (last[:-1], last[-1]) if last[-1] in ".!?。！？" else (last, "")
    first, comma, rest = body.partition(", ")
    if not comma:
        return None
    turned = " ".join([*before, f"{rest[:1].upper()}{rest[1:]}, {first[:1].lower()}{first[1:]}{end}"])
    return turned if normalise(turned) != normalise(text) else None


def names_of(texts: Iterable[str]) -> frozenset[str]:
    """Words that are names by the whole set's statistics, whatever the gate thinks: capitalised in at least five texts (two of
    a small set), never written in lower case in any, and following a lower-case word at least as often as opening something.
    """
    capitalised: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    lower: set[str] = set()
    count = 0
    for text in texts:
        count += 1
        words = set(_WORD.findall(text))
        lower.update(w for w in words if w[0].islower())
        capitalised.update(w for w in words if w[0].isupper())
        inside.update(set(re.findall(r"(?<=[a-z,] )[A-Z][^\W\d_]+", text)))
    least = 5 if count >= 1000 else 2
    return frozenset(
        w for w, n in capitalised.items() if n >= least and w.lower() not in lower and 2 * inside[w] >= n and w not in _DATES
    )

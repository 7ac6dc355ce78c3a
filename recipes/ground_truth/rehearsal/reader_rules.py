"""Sentence rules: from a marked sentence to facts, comparisons, amounts and the question.

The rules know how English says "each", "per", "more than", "the rest"; they know no trade's nouns, and take any.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from recipes.ground_truth.rehearsal.reader_program import Ask, Fact, Name, Step, same
from recipes.ground_truth.rehearsal.reader_text import STOP, TIMES, UNITS, Mention, Sentence, capitals, stem

_HOLDS = (
    r"(?:holds?|holding|held|contains?|containing|contained|with|weighs?|weighed|weighing|costs?|costing|takes|carries|carrying|fits|"
    r"filled|packed|is billed|is worth|is priced|is charged|has room|has|had|measures|needs)"
)
_EACH_FIRST = re.compile(rf"\b(each|every|one|a|an|per)((?: [a-z'’-]+){{0,3}}?) {_HOLDS}((?: [a-z'’-]+){{0,3}}) #(\d+)")
_EACH_LAST = re.compile(r"#(\d+)((?: [a-z'’-]+){0,7}?) (?:for |in |to )?(each|every|per|apiece)\b((?: [a-z'’-]+){0,3})")
_A_PERIOD = re.compile(rf"#(\d+)((?: [a-z'’-]+){{0,7}}?) an? ({'|'.join(sorted(TIMES))})\b")
_TO_THE = re.compile(r"#(\d+)(?: [a-z'’-]+)? to (?:the|a|an) ([a-z-]+(?: [a-z-]+)?)")
_IN_PACKS = re.compile(r"\b([a-z-]+s) (?:of|that take|that hold|taking|holding)(?: up to)? #(\d+)")
_THAN = re.compile(
    r"#(\d+) (?:(?:[a-z'’-]+ ){0,3}?)(more|fewer|less|larger|smaller|higher|lower|above|below)\b"
    r"(?: [a-z'’-]+){0,3}? ?(?:than|that for)\b(.*)"
)
_AS_MANY = re.compile(r"#(\d+) as (?:many|much)(?: [a-z'’-]+){0,3}? as (.*)")
_OF_WHAT = re.compile(r"#(\d+) of what (.*)")
_ADDS = re.compile(r"\b(?:more|another|extra|further|additional|added|adds|besides|plus)\b")
_GROWS = re.compile(r"\b(?:rose|rises?|grew|grows?|raised?|raises|lifted|increased?|increases|climbed|went up)\b")
_MINUS = frozenset({"fewer", "less", "smaller", "lower", "below"})
WORKING_DAY = re.compile(r"\b(?:working|business) days?\b|\bworkdays?\b|\bweekdays?\b")
# How many of a period go into a longer one that a rate is told over; working days are counted five to the week.
_WITHIN = {("day", "week"): 7, ("day", "month"): 30}
_POOLS = re.compile(r"\b(?:pooled|combined|merged|put together|brought together|taken together|all together)\b")


@dataclass(frozen=True, slots=True)
class Comparison:
    """name's amount is the standard's, changed by mode and number."""

    name: Name
    standard: Name
    mode: str
    value: Fraction


def comparison(sentence: Sentence) -> Comparison | None:
    """ "The A took 12 more than the B", "B held half as many as C", "A used a third of what B used"."""
    for pattern in (_THAN, _AS_MANY, _OF_WHAT):
        match = pattern.search(sentence.text)
        if match is None:
            continue
        mention = sentence.mentions[int(match[1])]
        right = sentence.cased[match.start(match.lastindex or 1) : match.end()]
        name, standard = capitals(sentence.cased[: match.start()]), capitals(right.split(",")[0])
        if not name or not standard or mention.kind == "money":
            continue
        if pattern is _THAN:
            sign = "minus" if match[2] in _MINUS else "plus"
            share = mention.kind in ("percent", "part")
            value = mention.value / 100 if mention.kind == "percent" else mention.value
            return Comparison(name, standard, f"percent_{sign}" if share else sign, value)
        return Comparison(name, standard, "times", mention.value)
    return None


def facts(sentence: Sentence) -> list[tuple[Fact, int]]:
    """Every "so much of this per that", with the number of the mention that says it. per is "" where unsaid."""
    text, found = sentence.text, dict[int, Fact]()

    def put(index: str, per: str) -> None:
        mention = sentence.mentions[int(index)]
        if mention.kind in ("count", "money"):
            found.setdefault(int(index), Fact(mention.value, mention.noun, per))

    counted = frozenset(mention.noun for mention in sentence.mentions if mention.noun and mention.kind == "count")
    for match in _IN_PACKS.finditer(text):
        put(match[2], stem(match[1]))
    for match in _EACH_FIRST.finditer(text):
        article, between = match[1], match[2].strip()
        if article == "a" and not re.search(
            r"\b(?:holds|contains|carries|weighs|costs|takes|is worth|is priced|is billed|has room)\b", match[0]
        ):
            continue
        put(match[4], head(between, counted))
    for match in _EACH_LAST.finditer(text):
        put(match[1], head(match[4], counted))
    for match in _A_PERIOD.finditer(text):
        put(match[1], match[3])
    for match in _TO_THE.finditer(text):
        if head(match[2]) in counted:
            put(match[1], head(match[2]))
    return [(fact, index) for index, fact in sorted(found.items())]


def head(words: str, counted: frozenset[str] = frozenset()) -> str:
    """The stem of the head noun of what follows "each" or "per": a period, a counted noun, or the last word of the phrase."""
    stems = [stem(word) for word in words.split()]
    if stems and stems[0] in TIMES:
        return stems[0]
    known = [noun for noun in stems if noun in counted]
    if known:
        return known[0]
    noun = ""
    for word in words.split():
        if word in STOP or word in ("one", "single", "further"):
            if noun:
                break
            continue
        noun = stem(word)
    return noun


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity a sentence states: the product of its numbers, of a noun ("" where it is only "of them")."""

    numbers: tuple[Fraction, ...]
    noun: str
    place: int


def amounts(sentence: Sentence) -> tuple[list[Amount], list[Fact]]:
    """The quantities a sentence states, and the facts it leaves standing for the rest of the text.

    A fact that meets a count of its own "per" in the sentence ("12 a day for 5 days", "6 crates of 24") is a product.
    """
    stated = facts(sentence)
    used = {index for _, index in stated}
    out: list[Amount] = []
    standing: list[Fact] = []
    for fact, index in stated:
        partner = _partner(fact, index, sentence.mentions, used)
        if partner is None:
            standing.append(fact)
            continue
        if partner.index > index and fact.per and fact.per not in TIMES:
            standing.append(fact)  # "A crate holds 24, and 6 crates went": said of every crate, not only of these.
        used.add(partner.index)
        factor = _WITHIN.get((fact.per, partner.noun), 1)
        if factor == 7 and WORKING_DAY.search(sentence.text):
            factor = 5
        noun = fact.of or _contents(sentence.text, partner.index)
        out.append(Amount((partner.value * factor, fact.value), noun, min(index, partner.index)))
    for mention in sentence.mentions:
        if mention.index not in used and mention.kind == "count":
            out.append(Amount((mention.value,), mention.noun, mention.index))
    return sorted(out, key=lambda amount: amount.place), standing


def _contents(text: str, place: int) -> str:
    """The noun after "6 crates of ..."."""
    match = re.search(rf"#{place}(?: [a-z'’-]+){{1,2}} of ((?:[a-z'’-]+ ?){{1,4}})", text)
    return (
        next((stem(word) for word in match[1].split() if word.endswith("s") and not word.endswith("ss")), "") if match else ""
    )


def _partner(fact: Fact, index: int, mentions: tuple[Mention, ...], used: set[int]) -> Mention | None:
    free = [m for m in mentions if m.kind == "count" and m.index not in used and m.index != index and m.noun]
    if fact.per:
        longer = [m for m in free if (fact.per, m.noun) in _WITHIN]
        return next((m for m in free if agrees(fact.per, m.noun)), longer[0] if longer else None)
    before = [m for m in free if m.index < index and m.noun != fact.of and m.noun not in UNITS.values()]
    return before[-1] if before else None


def agrees(left: str, right: str) -> bool:
    return bool(left) and left == right


def adds(sentence: Sentence, place: int, following: int | None) -> bool:
    """Whether the amount at mention `place` comes in rather than goes out."""
    text = main_clause(sentence.text)
    start = max(text.find(f"#{place - 1} ") if place else 0, 0)
    end = text.find(f"#{following} ") if following is not None else len(text)
    end = end if end > 0 else len(text)
    own = max(text.find(f"#{place} "), 0)
    # A number's own clause, where a comma parts it from the numbers before and after.
    start = text.find(",", start, own) if place and "," in text[start:own] else start
    end = text.rfind(",", own, end) if following is not None and "," in text[own:end] else end
    return bool(_ADDS.search(text[start:end]))


def main_clause(text: str) -> str:
    """A sentence without its reasons: what follows "because", "since", "after a", or the clause that opens with one."""
    text = re.sub(r"^(?:because|since|as)\b[^,#]*,", "", text)
    return re.split(r"\b(?:because|since)\b|(?<=\S )as (?:the|a|an|they|their)\b|\bafter (?:a|an|the)\b", text)[0]


def shares(sentence: Sentence) -> list[Step]:
    """Percentages and fractions of the running total."""
    steps: list[Step] = []
    for mention in sentence.mentions:
        if mention.kind not in ("percent", "part"):
            continue
        value = mention.value / 100 if mention.kind == "percent" else mention.value
        mark = f"#{mention.index}"
        if f"by {mark}" in sentence.text:
            steps.append(Step("gain" if _GROWS.search(main_clause(sentence.text)) else "lose", (value,)))
        else:
            steps.append(Step("keep" if f"only {mark}" in sentence.text else "lose", (value,)))
    return steps


def divides(sentence: Sentence) -> Step | None:
    """ "Shared equally among 6 of something"."""
    match = re.search(
        r"\b(?:shared|divided|split)\b.*\b(?:equally|evenly)\b.*?\b(?:among|between|by|over|into) #(\d+)", sentence.text
    )
    return Step("divide", (sentence.mentions[int(match[1])].value,)) if match else None


def ratio(sentence: Sentence) -> tuple[tuple[Name, Fraction], ...]:
    """ "Split between A and B in the ratio 3:2": each name with its part."""
    match = re.search(r"\bbetween (.+?) and (.+?) in (?:the|a) ratio (?:of )?#(\d+)(?: to #(\d+))?", sentence.text)
    if match is None:
        return ()
    names = [capitals(sentence.cased[match.start(group) : match.end(group)]) for group in (1, 2)]
    first = sentence.mentions[int(match[3])]
    second = sentence.mentions[int(match[4])].value if match[4] else first.other
    return ((names[0], first.value), (names[1], second))


def tiers(sentence: Sentence) -> tuple[Fraction, Fraction, Fraction] | None:
    """ "The first 50 cost $9 each and any further one $5": (50, 9, 5)."""
    first = re.search(r"\bfirst #(\d+)", sentence.text)
    money = [m.value for m in sentence.mentions if m.kind == "money"]
    if first is None or len(money) != 2:
        return None
    return sentence.mentions[int(first[1])].value, money[0], money[1]


def fee(sentence: Sentence) -> tuple[Fraction, Fraction] | None:
    """ "A fee of $40 is added to any bill over $900": (900, 40)."""
    limit = re.search(r"\b(?:over|above|more than|exceeds|exceeding|beyond) #(\d+)", sentence.text)
    money = [m for m in sentence.mentions if m.kind == "money"]
    if limit is None or len(money) != 2:
        return None
    at = int(limit[1])
    return sentence.mentions[at].value, next(m.value for m in money if m.index != at)


def target(sentence: Sentence) -> Fraction | None:
    """A figure to be met at the end."""
    if not re.search(r"\b(?:target|quota|goal|must|has to|calls for|asks for|requires|at the close)\b", sentence.text):
        return None
    counts = [m.value for m in sentence.mentions if m.kind == "count"]
    return counts[0] if len(counts) == 1 else None


def rebates(sentence: Sentence) -> tuple[tuple[str, Fraction], ...]:
    """ "A rebate of $20, thereafter 10 percent": what comes off a bill, in order."""
    if not re.search(r"\b(?:rebates?|discounts?)\b", sentence.text):
        return ()
    kinds = {"money": ("$", 1), "percent": ("share", 100)}
    return tuple((kinds[m.kind][0], m.value / kinds[m.kind][1]) for m in sentence.mentions if m.kind in kinds)


def pools(sentence: Sentence) -> bool:
    return bool(_POOLS.search(sentence.text))


def question(sentence: Sentence, names: tuple[Name, ...]) -> Ask:
    """What is asked, of which noun, about whom."""
    text = sentence.text
    noun = _asked_noun(text)
    asked = _mentioned(sentence.cased, names)
    if re.search(r"\b(?:average|on average|mean)\b", text):
        return Ask("average", noun)
    if re.search(r"\bshort\b|\bmore\b.*\bneeded\b|\bmissing\b", text):
        return Ask("shortfall", noun)
    if len(asked) >= 2 and re.search(r"\bmore\b.*\bthan\b|\bfewer\b.*\bthan\b|\bexceed|\bdifference\b", text):
        return Ask("difference", noun, asked[:2])
    if asked:
        return Ask("account", noun, asked[:1])
    if re.search(r"\b(?:together|altogether|in total|combined total|grand total|in all)\b", text):
        return Ask("sum", noun)
    if re.search(r"\bafter filling\b|\bnot fit\b", text):
        pack = re.search(
            r"\b(?:many|full) ((?:[a-z-]+ ){0,2}[a-z-]+?)(?: as possible| \?|$)",
            text.split("filling")[-1] if "filling" in text else text.split("fit")[-1],
        )
        return Ask("over", head(pack[1]) if pack else "")
    if (
        re.search(r"\bfull\b|\bcompletely\b", text)
        and "full bill" not in text
        and "full value" not in text
        and "full cost" not in text
    ):
        return Ask("full", noun)
    if re.search(r"\bneeded\b|\bleast number\b|\bsmallest number\b", text):
        return Ask("total" if noun in TIMES else "needed", noun)
    return Ask("total", noun, ())


_MONEY = re.compile(r"\b(?:money|dollars?|value|cost|bill|worth|price|sum of money)\b")


def _asked_noun(text: str) -> str:
    unit = re.search(r", in ([a-z]+)", text)
    if unit and unit[1] in UNITS:
        return UNITS[unit[1]]
    if _MONEY.search(text):
        return "$"
    counted = re.search(r"\b(?:many|much|number of|count of|total of) (?:full |more )?((?:[a-z'’-]+ ?){1,3})", text)
    if counted is None:
        return ""
    noun = ""
    for word in counted[1].split():
        if word in STOP:
            break
        if word in UNITS:
            return UNITS[word]
        if word.endswith("s") and not word.endswith("ss"):
            noun = stem(word)
    return noun


def _mentioned(cased: str, names: tuple[Name, ...]) -> tuple[Name, ...]:
    """The known names a text speaks of, in its order."""
    found: list[tuple[int, Name]] = []
    words = [stem(word) for word in cased.split()]
    capital = capitals(cased)
    for name in names:
        own = name & capital
        if own and same(name, own) and len(own) == max(len(other & capital) for other in names if other & own):
            found.append((min(words.index(word) for word in own), name))
    return tuple(name for _, name in sorted(found, key=lambda pair: pair[0]))


def mentioned(sentence: Sentence, names: tuple[Name, ...]) -> tuple[Name, ...]:
    return _mentioned(sentence.cased, names)

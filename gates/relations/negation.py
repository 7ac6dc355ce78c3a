"""negation: the opposite question has the opposite answer."""

from __future__ import annotations

import re
from typing import Final

from gates.relations.expected import Changed, Flipped
from gates.relations.sentences import last_question

_AUXILIARY = re.compile(
    r"(?:(?:so|then|now|thus|therefore),?\s+)?(?P<aux>is|are|was|were|does|do|did|can|could|will|would|has|have|had|should|must|may|might)\s+\S",
    re.IGNORECASE,
)
_CLAUSE_THEN_QUESTION = re.compile(
    r"\A(?:if|when|given|assuming|suppose)\b.*,\s+(?=(?:is|are|was|were|does|do|did|can|could|will|would|has|have|had|should)\b)",
    re.IGNORECASE | re.DOTALL,
)
# Exact complements: one holds whenever the other does not, numbers being compared whole against whole.
_COMPLEMENTS: Final = (
    ("more than", "at most"), ("greater than", "at most"), ("at least", "less than"), ("at most", "more than"),
    ("less than", "at least"), ("fewer than", "at least"), ("no more than", "more than"), ("no less than", "less than"),
    ("true", "false"), ("false", "true"), ("possible", "impossible"), ("impossible", "possible"),
    ("divisible by", "indivisible by"),
)  # fmt: skip
_OTHER: Final = dict(_COMPLEMENTS)
_COMPARED = re.compile("|".join(rf"\b{words}\b" for words in sorted(_OTHER, key=len, reverse=True)), re.IGNORECASE)
# With one of these, the complement of a part is not the complement of the whole: "did every child get more than 3".
_SCOPED = re.compile(
    r"\b(?:all|every\w*|each|any\w*|some\w*|both|either|neither|none|no|not|never|ever|always|only|most|many|few|several|half|and|but|if|"
    r"unless|except|\w+n['’]t|cannot|who|which|that|a|an|one|\w+s)\b",
    re.IGNORECASE,
)
_STATEMENT = re.compile(
    r"\A(?P<lead>\s*(?:true or false|right or wrong)\s*[:?.]\s*)(?P<rest>\S.*)\Z", re.IGNORECASE | re.DOTALL
)
_VERB = r"(?:answer|say|reply|respond(?: with)?|return|output|print|write)"
_WORD = "yes|no|true|false"
# The second word is told from a "no" of the condition by what stands beside it.
_RULE = re.compile(
    rf"\b{_VERB}\s+['\"“‘]?(?P<one>{_WORD})\b['\"”’]?\s+(?:if|when)\b[^.?!\n]*?"
    rf"(?:\b(?:otherwise|else),?\s+(?:{_VERB}\s+)?['\"“‘]?(?P<last>{_WORD})\b"
    rf"|(?:\b(?:and|or)|[,;])\s+(?:{_VERB}\s+)?['\"“‘]?(?P<next>{_WORD})\b"
    rf"(?=['\"”’]?,?\s+(?:otherwise|else|if not|in any other)\b))",
    re.IGNORECASE,
)
_ASKS_MORE = re.compile(r"\b(?:how|what|which|whose|who|whom|where|why)\b", re.IGNORECASE)
_OPPOSITE: Final = {"yes": "no", "no": "yes", "true": "false", "false": "true"}


def negation(input: str) -> Changed | None:
    """The input asking for the opposite, with yes and no, or true and false, to change places in its answer.

    Three ways: the two words of an instruction such as "answer yes if ..., no otherwise" change places; a statement to be
    judged is denied; the yes/no question at the end is put the other way round, by its one comparison where that has an
    exact complement, else as a question about the answer no. None for what yes or no does not answer, or what offers
    alternatives.
    """
    rules = list(_RULE.finditer(input))
    if len(rules) == 1 and (changed := _exchanged(input, rules[0])) is not None:
        return changed
    statement = _STATEMENT.match(input)
    if statement is not None and "?" not in statement["rest"]:
        return Changed(
            f"{statement['lead']}It is not the case that the following holds: {statement['rest']}",
            Flipped(),
            "statement denied",
        )
    if rules or re.search(r"\b(?:answer|reply|respond)\b[^.?!]*\b(?:with|as)\b", input, re.IGNORECASE):
        return None
    return _question(input)


def _exchanged(input: str, rule: re.Match[str]) -> Changed | None:
    name = "last" if rule["last"] else "next"
    one, other = rule["one"], rule[name]
    if _OPPOSITE[one.casefold()] != other.casefold():
        return None
    start = input[: rule.start("one")] + _like(other.casefold(), one)
    changed = start + input[rule.end("one") : rule.start(name)] + _like(one.casefold(), other) + input[rule.end(name) :]
    return Changed(changed, Flipped(), "yes and no exchanged in the instruction")


def _question(input: str) -> Changed | None:
    span = last_question(input)
    if span is None:
        return None
    asked = input[span[0] : span[1]]
    lead = _CLAUSE_THEN_QUESTION.match(asked)
    core = asked[lead.end() :] if lead else asked
    # "Is it red or blue?" is answered by neither yes nor no.
    if (
        _ASKS_MORE.search(asked)
        or not _AUXILIARY.match(core)
        or re.search(r"\bor\b", core, re.IGNORECASE)
        or re.match(r"(?:can|could|will|would) you\b", core, re.I)
    ):
        return None
    compared = list(_COMPARED.finditer(core))
    rest = _COMPARED.sub(" ", core)
    if len(compared) == 1 and not _SCOPED.search(_singular(rest)):
        found = compared[0]
        other = _like(_OTHER[found[0].casefold()], found[0])
        changed = f"{core[: found.start()]}{other}{core[found.end() :]}"
        told = f"{found[0]} -> {other}"
    else:
        # Always grammatical and always the complement, if not how people speak.
        changed, told = (
            f'is "no" the right answer to the question "{core[:1].upper()}{core[1:]}"',
            "asked whether the answer is no",
        )
        changed = (changed if lead else f"{changed[:1].upper()}{changed[1:]}") + "?"
    return Changed(f"{input[: span[0]]}{lead[0] if lead else ''}{changed}{input[span[1] :]}", Flipped(), told)


def _singular(text: str) -> str:
    """The question without words in s that are no plurals, and without those that a comparison counts (`3 apples`)."""
    text = re.sub(r"\b(?:is|was|does|has|this|its|his|plus|times|minus|as)\b", " ", text, flags=re.IGNORECASE)
    return re.sub(r"[$€£]?\d[\d,.]*%?(?:\s+[^\W\d_]+s\b)?", " ", text)


def _like(word: str, model: str) -> str:
    """The word in the case of another."""
    return word.upper() if model.isupper() else word.capitalize() if model[:1].isupper() else word

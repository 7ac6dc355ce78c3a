"""Sentences that deny what the story tells: that its things were there, or that any of it took place."""

from __future__ import annotations

import re
from typing import Final

from recipes.ground_truth.rehearsal.reader_text import Sentence, stem

_NOUGHT: Final = re.compile(
    r"\b(?:none|not (?:one|a single|any|even one|a)|no|never|nothing|neither|nobody|no one|not)\b|n['’]t\b"
)
# What had to be so for the story to begin.
_BEING: Final = re.compile(
    r"\b(?:there (?:was|were|had been|had ever been|had never been|never was|never were|has|have|is|are)|(?:was|were|been) "
    r"(?:ever |really |actually )?"
    r"(?:there|present|real|true|at hand|in stock|in the (?:place|room|building|store))|exist\w*|arriv\w+|delivered|received|"
    r"c[ao]me|made|brought|bought|ordered|had|found|took|taken|sold|sent|there (?:was|were|is|are|had|has)n['’]t)\b"
)
# Denied as a whole, or set against what was said; "no crates were broken" and "none came on Sunday" deny nothing.
_WHOLLY: Final = re.compile(
    r"\b(?:ever|at all|to begin with|to start with|in the first place|from the (?:start|outset|beginning)|above|mentioned|"
    r"aforementioned|in (?:truth|fact|reality)|as a matter of fact|actually|really|contrary|all the same|existed|originally|"
    r"what was said|named|never any|never had any|not a single|not one|whatsoever|that day)\b"
)
_PARTLY: Final = re.compile(
    r"\b(?:damaged|broken|lost|left|wasted|spoil\w*|returned|missing|more|other|further|else|extra|new|faulty|torn|cracked|"
    r"stolen|"
    r"on (?:mon|tues|wednes|thurs|fri|satur|sun)day|next|another|yet|until|since|before|after|too|enough|longer|empty|"
    r"counted|"
    r"room|space|need|reason|discount|charge|fee|change|difference|problem|trouble|doubt|matter)\b"
)
_EVENT: Final = re.compile(
    r"\b(?:(?:nothing|none) (?:of (?:the (?:kind|sort|above|foregoing)|this|that|these|it|which))(?: [a-z]+){0,3} "
    r"(?:happen\w*|took place|"
    r"takes? place|taken place|occur\w*|came about|is true|was true|is so|was so|true|came to pass)"
    r"|(?:this|that|it|all of (?:this|that)|the above|the whole (?:thing|story|affair)|what (?:was|is|has been) (?:said|"
    r"told|written|described|"
    r"stated)[a-z ]*|everything (?:above|said)[a-z ]*|they)(?: [a-z]+)? (?:(?:did(?:n['’]t| not)|never|has never|had never|"
    r"has not|had not)"
    r"(?: [a-z]+)? (?:happen\w*|t[aoe]*k?e?n? place|occur\w*|exist\w*)|(?:is|was|were) (?:not (?:so|true|real)|untrue|"
    r"false|invented|made up))"
    r"|(?:nobody|no one|none of them|not anyone) (?:ever )?(?:took|brought|sold|did|moved|counted|had|touched|bought|"
    r"delivered|sent)"
    r"(?: or [a-z]+)? (?:anything|any of (?:it|this|that|them)))\b"
)
_NEVER: Final = re.compile(r"\bnever (?:really |actually |even )?(?:happened|took place|occurred|existed|came about)\b")
_FORGET: Final = re.compile(r"\b(?:if|unless|so that|lest|to make sure|make sure)\b")


def denies(sentence: Sentence, noun: str, before: tuple[Sentence, ...]) -> str:
    """Why the sentence cannot stand beside what was told before it, as an objection; "" where it can.

    noun: the stem of what the text counts; before: the sentences before it.
    """
    text = sentence.text
    if any(m.value != 1 for m in sentence.mentions) or not any(one.mentions for one in before):
        return ""
    if _FORGET.search(text):
        return ""
    if _EVENT.search(text) or (_NEVER.search(text) and _WHOLLY.search(text)):
        return "It denies that what the text tells took place."
    ours = any(stem(word) == noun for word in text.split()) or re.search(r"\bof (?:them|these|those)\b", text) is not None
    denied = _NOUGHT.search(text) is not None and _BEING.search(text) is not None and _WHOLLY.search(text) is not None
    if ours and denied and _PARTLY.search(text) is None:
        return "It denies that there were any, after the text has counted them."
    return ""

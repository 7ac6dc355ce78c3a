"""Amounts that hang on a condition whose outcome the text does not tell: "if it rained, 5 of them were left outside"."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from recipes.ground_truth.rehearsal.reader_text import STOP, Sentence, stem, wordset

_IF: Final = (
    r"(?:if|unless|in case|provided(?: that)?|providing(?: that)?|on condition that|on the condition that|supposing(?: "
    r"that)?|"
    r"assuming(?: that)?|in the event (?:that|of)|only if|even if|as long as|so long as|depending on|subject to|"
    r"when(?:ever)? there (?:was|were) (?:an? |any )?)"
)
_LEADING: Final = re.compile(rf"^(?:and |but |then |also |later |however ,? ?)?{_IF}(?P<condition>[^#,]+?) , (?P<then>.*)$")
# "Had the lift been broken", "should the truck have been late": the verb before its subject.
_TURNED: Final = re.compile(
    r"^(?:and |but |then )?(?:should|had|were)(?P<condition> (?:the|a|an|it|he|she|they|there|any|this|that|his|her|their|"
    r"one) ?[^#,]*?) , (?P<then>.*)$"
)
_TRAILING: Final = re.compile(rf"^(?P<then>[^?]+?) ,? ?{_IF} (?P<condition>[^#]+)$")
# What holds as a rule, or is the reader's to do, hangs on nothing that happened.
_RULE: Final = re.compile(
    r"\b(?:each|every|per|costs?|holds?|gets?|receives?|earns?|pays?|charges?|charged|always|usually|free|must be|if you|"
    r"fits?|you|we|i|calculate|find|determine|compute|what)\b"
)
_PRESENT: Final = re.compile(
    r"^ ?(?:possible|necessary|needed|any|need be|not|so|only|you|we|i|he|she|they (?:want|need|"
    r"like))\b|\b(?:wants?|needs?|buys?|sells?|uses?)\b"
)
_IDLE: Final = STOP | wordset(
    "nobody nothing anyone something there been late not came come that should went got get day today week night morning "
    "afternoon evening time order"
)


def hangs(sentence: Sentence, others: tuple[Sentence, ...], nouns: Collection[str]) -> str:
    """What the sentence makes depend on something untold, as an objection; "" where it does not.

    others: the other sentences of the text; nouns: the stems of what the story counts.
    """
    text = sentence.text
    if sentence.asks:
        return ""
    for pattern in (_LEADING, _TURNED, _TRAILING):
        match = pattern.search(text)
        if match is None or _RULE.search(text) or _PRESENT.search(match["condition"]):
            continue
        then = match["then"]
        ours = any(stem(word) in nouns or word in ("them", "these", "those") for word in then.split())
        if ours and not _settled(match["condition"], others):
            return "Whether that was so is told nowhere in the text."
    return ""


def _settled(condition: str, others: tuple[Sentence, ...]) -> bool:
    """Whether another sentence speaks of the same."""
    words = {stem(word)[:5] for word in condition.split() if word not in _IDLE and len(word) > 2}
    return any(words & {stem(word)[:5] for word in other.text.split()} for other in others)

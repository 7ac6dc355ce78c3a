"""Blotting out a key, or what a server shows of one, in what is not an answer."""

from __future__ import annotations

import re
from typing import Final

BLOT: Final = b"[key]"
# A key this short is an ordinary word ("EMPTY"): only the whole of it can be told apart.
SHORTEST_SECRET: Final = 12

_WORD: Final = re.compile(rb"[^\s\"'`<>()\[\]{},;:=\\]+")
# Providers mask a key in ways of their own: sk-proj-*****MxYA.
_MASKED: Final = re.compile(rb"\*{3}")
_PART, _HEAD, _TAIL = 8, 6, 4


class Blotter:
    """Takes a key out of refusals, and every word that holds a part of it.

    OpenAI's refusal of a wrong key quotes its first and last characters around asterisks or dots, which is enough to tell
    whose key stands in a log. A word goes when it holds 8 characters of the key in a row, begins as the key does (6), ends as
    it does (4), or holds three asterisks. An empty secret takes nothing out.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._whole = len(self._secret) < SHORTEST_SECRET
        self._parts = {self._secret[at : at + _PART] for at in range(len(self._secret) - _PART + 1)}

    def blot(self, data: bytes) -> bytes:
        if not self._secret:
            return data
        data = data.replace(self._secret, BLOT)
        return _WORD.sub(lambda word: BLOT if self._shows(word[0]) else word[0], data)

    def text(self, text: str) -> str:
        return self.blot(text.encode()).decode("utf-8", "replace")

    def _shows(self, word: bytes) -> bool:
        if _MASKED.search(word):
            return True
        if self._whole:
            return False
        bare = word.strip(b".!?/")
        if bare.startswith(self._secret[:_HEAD]) or bare.endswith(self._secret[-_TAIL:]):
            return True
        return any(word[at : at + _PART] in self._parts for at in range(len(word) - _PART + 1))

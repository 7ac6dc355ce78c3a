"""How many tokens a request takes: an upper bound to reserve money by, and a guess to plan by."""

from __future__ import annotations

import unicodedata
from typing import Final

from factory.errors import BadInput
from factory.types import BlobRef, ModelRequest

# What a chat template puts around a message: 3 to 8 tokens of role markers. Their canonical JSON is 40 bytes already, so
# this only keeps the bound true for templates we have not seen.
_PER_MESSAGE: Final = 16
# What a provider puts before the first message: a default system prompt, or the instructions and wrapping of structured
# output. The largest published is Anthropic's system prompt for tools, 346 to 530 tokens by model ("Tool use" in its docs).
_PER_REQUEST: Final = 256
_PER_SCHEMA: Final = 768


def input_tokens_bound(request: ModelRequest) -> int:
    """No provider counts more input tokens than this for a request of text.

    Byte-level BPE (the GPT, Claude, Llama 3 and Qwen lines) and SentencePiece with byte fallback (Llama 2, Mistral, Gemma)
    make every token out of at least one byte of the text, once it is normalised; NFKC, which some apply, can lengthen it. The
    request's canonical JSON holds every byte of the messages and of the schema, so its length bounds them. Raises BadInput for
    a part that is not text: its tokens depend on the provider.
    """
    for message in request.messages:
        if any(isinstance(part, BlobRef) for part in message.parts):
            raise BadInput(
                "a part of the prompt is not text, so no bound of its cost is known",
                where=request.model,
                fix="Leave --budget out, or give this model text only",
            )
    body = request.body
    length = len(body)
    if not body.isascii():
        length = max(length, len(unicodedata.normalize("NFKC", body.decode()).encode()))
    return length + _PER_MESSAGE * len(request.messages) + _PER_REQUEST + (_PER_SCHEMA if request.schema else 0)


def likely_tokens(text: str) -> int:
    """About how many tokens a text is: 4 ASCII characters each (OpenAI's rule of thumb for English), 3 bytes of others."""
    size = len(text.encode())
    plain = size if text.isascii() else sum(1 for char in text if char.isascii())
    return -(-plain // 4) + -(-(size - plain) // 3)

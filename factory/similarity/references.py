"""Reference sets' sketches, made once and kept in the store's cache as plain numbers.

The cached form is a SHA-256 followed by an .npy array of records; it is read with pickle refused, so bytes from anywhere else
are at worst a miss and a rebuild, never code.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from factory.canonical import digest
from factory.errors import BadInput
from factory.similarity.sketch import VERSION, record_type

_DIGEST_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference set as loaded: its name, the hex SHA-256 of its file, and its texts in file order."""

    name: str
    sha256: str
    texts: Sequence[str]


def cache_key(reference: Reference, embedder: str) -> str:
    """The cache key of a set's records: names all they depend on, down to the texts that a field setting picks out."""
    return "sketches-" + digest("reference", VERSION, embedder, reference.sha256, list(reference.texts))


def pack(records: NDArray[np.void]) -> bytes:
    """Records, shape (n,), as bytes for the cache."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, records, allow_pickle=False)
    body = stream.getvalue()
    return hashlib.sha256(body).digest() + body


def unpack(data: bytes, *, dimension: int, count: int) -> NDArray[np.void]:
    """The records `pack` made. Raises BadInput for anything else: a pickle, another shape or type, a torn or altered file."""
    seal, body = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
    if hashlib.sha256(body).digest() != seal:
        raise _refusal("its checksum does not fit, so it is torn or was not written by this program")
    stream = io.BytesIO(body)
    try:
        if np.lib.format.read_magic(stream) != (1, 0):
            raise _refusal("it is an .npy file of another version")
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    except ValueError:
        raise _refusal("it is no .npy array of plain numbers (pickles are never read)") from None
    expected = record_type(dimension)
    # Checked before anything is allocated: a header may claim any size, and an object type would mean a pickle.
    if dtype != expected or shape != (count,) or len(body) - stream.tell() != count * expected.itemsize:
        raise _refusal(f"it does not hold {count} records of dimension {dimension} (pickles are never read)")
    return np.frombuffer(body, dtype=expected, offset=stream.tell())


def _refusal(why: str) -> BadInput:
    return BadInput(f"a cached index was refused: {why}", where="reference set cache", fix="It is made anew from the texts")

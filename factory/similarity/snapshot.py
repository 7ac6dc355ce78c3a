"""The index's snapshot: sketches made once, kept in the store's cache in parts, as plain numbers.

A part is the sketches of some thousand texts that follow each other, under a key that names all they depend on: the texts
themselves, the embedder, this format. So nothing can be stale: a part whose texts are not exactly those that the store or a
reference file holds now is never asked for. What landed after the last whole part is the tail; it is sketched again from the
store, which is the truth. Accepted items are parted by their ids, not by their number, so that an item which leaves the corpus
changes its own part only.

A part is a SHA-256 followed by an .npy array of records, written in one transaction of the store; it is read with pickle
refused, so bytes from anywhere else are at worst a miss and a rebuild, never code.
"""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from factory.errors import BadInput
from factory.ports import CorpusEntry, CorpusItem
from factory.similarity.sketch import VERSION, record_type

_Item = TypeVar("_Item", CorpusItem, CorpusEntry)

PART: Final = 2048
_LONGEST_PART: Final = 4 * PART
_DIGEST_BYTES: Final = 32


def parted(entries: Iterable[_Item]) -> Iterator[tuple[list[_Item], bool]]:
    """Accepted items in parts of some PART; the last part's second value is False unless it happens to be whole."""
    part: list[_Item] = []
    for entry in entries:
        part.append(entry)
        if zlib.crc32(entry.id.encode("utf-8", "surrogatepass")) % PART == 0 or len(part) == _LONGEST_PART:
            yield part, True
            part = []
    if part:
        yield part, False


def part_key(texts: Sequence[str], embedder: str) -> str:
    """The cache key of the sketches of these texts in this order."""
    named = hashlib.sha256(f"sketches {VERSION} {embedder}\n".encode())
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        named.update(b"%d:" % len(data))
        named.update(data)
    return f"sketches-{named.hexdigest()}"


def pack(records: NDArray[np.void]) -> bytes:
    """Records, shape (n,), as bytes for the cache."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, records, allow_pickle=False)
    body = stream.getvalue()
    return hashlib.sha256(body).digest() + body


def unpack(data: bytes, *, dimension: int, count: int) -> NDArray[np.void]:
    """The records `pack` made. Raises BadInput for anything else: a pickle, another shape or type, a torn or altered file."""
    seal, body = data[:_DIGEST_BYTES], memoryview(data)[_DIGEST_BYTES:]
    if hashlib.sha256(body).digest() != seal:
        raise _refusal("its checksum does not fit, so it is torn or was not written by this program")
    expected = record_type(dimension)
    size = count * expected.itemsize
    # The header alone: what follows is never handed to a reader that could take it for anything but numbers.
    stream = io.BytesIO(bytes(body[: max(0, len(body) - size)]))
    try:
        if np.lib.format.read_magic(stream) != (1, 0):
            raise _refusal("it is an .npy file of another version")
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    except ValueError:
        raise _refusal("it is no .npy array of plain numbers (pickles are never read)") from None
    # Checked before anything is allocated: a header may claim any size, and an object type would mean a pickle.
    if dtype != expected or shape != (count,) or len(body) - stream.tell() != size:
        raise _refusal(f"it does not hold {count} records of dimension {dimension} (pickles are never read)")
    return np.frombuffer(body, dtype=expected, offset=stream.tell())


def _refusal(why: str) -> BadInput:
    return BadInput(f"a part was refused: {why}", where="the index's snapshot", fix="It is made anew from the texts")

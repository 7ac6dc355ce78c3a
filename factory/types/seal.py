"""The hash chain over a candidate's receipts, and the seal over all of it.

Every link is the hex SHA-256 of the link before it followed by a receipt's core as canonical JSON; the chain starts at the
candidate's own id and origin, so no chain fits another point. The seal covers the last link, every revision and the state
the candidate landed in, which a later verdict does not change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from factory.canonical import canonical_json, digest, sha256_hex

if TYPE_CHECKING:
    from factory.types.candidate import Candidate


@dataclass(frozen=True, slots=True)
class Sealed:
    """A candidate's receipts and revisions as they are hashed. cores: canonical JSON, one per receipt; links: hex, likewise;
    revisions: canonical JSON of the list of revision cores.
    """

    cores: tuple[bytes, ...]
    links: tuple[str, ...]
    revisions: bytes
    seal: str


def chain_start(candidate_id: str, spec: str, recipe: str, recipe_version: str, coordinate: Mapping[str, Any]) -> str:
    """What the first link follows."""
    return digest("chain", candidate_id, spec, recipe, recipe_version, dict(coordinate))


def next_link(previous: str, core: bytes) -> str:
    return sha256_hex(previous.encode() + core)


def seal_of(last_link: str, revision_cores: Sequence[Any], state: str) -> str:
    """The seal. last_link: the chain's end, or the candidate's id when it has no receipt."""
    return digest(last_link, revision_cores, state)


def sealed(candidate: Candidate) -> Sealed:
    """All of it in one pass over the receipts, each core made once: that is most of what landing and exporting cost."""
    link = chain_start(candidate.id, candidate.spec, candidate.recipe, candidate.recipe_version, candidate.coordinate)
    cores, links = [], []
    for receipt in candidate.receipts:
        core = canonical_json(receipt.core())
        link = next_link(link, core)
        cores.append(core)
        links.append(link)
    revisions = [revision.core() for revision in candidate.revisions]
    seal = seal_of(links[-1] if links else candidate.id, revisions, candidate.landed_in)
    return Sealed(tuple(cores), tuple(links), canonical_json(revisions), seal)

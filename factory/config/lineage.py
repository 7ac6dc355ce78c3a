"""Whose weights sit where: a judge, an oracle or a panel that is related to the author shares its blind spots, silently.

The relations are those of preference leakage (arXiv 2502.01534): the same model, inheritance (tuned from, or taught by, the
other), the same family. A member's lineage is what its cast declares and what the shipped table reads from its name, together:
a declaration may add relatives, and never takes one away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Final

from factory.config.families import (
    Lineage,
    ancestors_of,
    bare_name,
    declared_lineage,
    near_family,
    plain_family,
    table_lineage,
)
from factory.config.yaml import Loc, Locate
from factory.errors import BadInput
from factory.types import Cast, Member, Role

__all__ = [
    "CAST_KEYS", "Lineage", "LineageReport", "Relation", "bare_name", "check_lineage", "related", "table_lineage",
]  # fmt: skip

RULE: Final = "the oracle and at least one judge must be unrelated to the author (preference leakage, arXiv 2502.01534)"
ARBITER_RULE: Final = "at least one judge must be unrelated to both author and critic, to decide between them"
_OVERRIDE: Final = "or write `allow_related: true`, which every receipt and export will say"
PANEL_RULE: Final = (
    "at least one solver must be unrelated to the author, or difficulty is measured by the author's own blind spots "
    "(preference leakage, arXiv 2502.01534)"
)
_RULES: Final[Mapping[tuple[Role, Role], str]] = {
    (Role.AUTHOR, Role.ORACLE): RULE,
    (Role.AUTHOR, Role.JUDGE): RULE,
    (Role.AUTHOR, Role.SOLVER): PANEL_RULE,
    (Role.SOLVER, Role.JUDGE): "a solver needs a judge unrelated to it (preference leakage, arXiv 2502.01534)",
    (Role.CRITIC, Role.JUDGE): ARBITER_RULE,
}
CAST_KEYS: Final[Mapping[Role, str]] = {Role.JUDGE: "judges", Role.SOLVER: "solvers"}
"""Where a role's key in a cast is not its own name."""


@dataclass(frozen=True, slots=True)
class Relation:
    """Two related seats. sentence names both and says how they are related."""

    roles: tuple[Role, Role]
    slots: tuple[int, int]
    sentence: str


@dataclass(frozen=True, slots=True)
class LineageReport:
    """What the check found in a cast that passes.

    lineages: by seat; broken: relations that the rule forbids and `allow_related` let pass; reported: those it allows;
    relatives: by the seat of an author, oracle, solver or critic, the slots of the judges related to it, who do not decide on
    what it made, or are reported apart; conditions: for every receipt.
    """

    lineages: Mapping[tuple[Role, int], Lineage]
    broken: tuple[Relation, ...] = ()
    reported: tuple[Relation, ...] = ()
    relatives: Mapping[tuple[Role, int], frozenset[int]] = field(default_factory=dict)
    conditions: tuple[str, ...] = ()
    doubts: tuple[str, ...] = field(default=())

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know, a sentence each."""
        return (*self.doubts, *(relation.sentence for relation in (*self.broken, *self.reported)))


def check_lineage(
    cast: Cast, locate: Locate | None = None, *, judged_solvers: bool = False, arbitrated: bool = False
) -> LineageReport:
    """Check the cast before its first call.

    judged_solvers: judges grade the solvers' answers in this recipe, so each solver needs a judge unrelated to it; arbitrated:
    judges decide on what the critic claims, so one must be unrelated to author and critic. locate: the file and line of a part
    of the cast. Raises BadInput for a member of unknown lineage, and, unless the cast says `allow_related: true`, for an oracle
    related to the author, an author without an unrelated judge or solver, a solver without an unrelated judge, or a critic
    without an arbiter.
    """
    place = locate or (lambda loc: ": ".join([f"cast {cast.name}", ".".join(str(part) for part in loc)]))
    lineages = {
        (role, slot): _lineage(member, place(_loc(cast, role, slot)))
        for role, members in cast.members.items()
        for slot, member in enumerate(members)
    }
    check = _Check(cast, lineages)
    authors = check.pairs(Role.AUTHOR, Role.JUDGE)
    solvers = check.pairs(Role.SOLVER, Role.JUDGE)
    critics = check.pairs(Role.CRITIC, Role.JUDGE)
    panel = check.pairs(Role.AUTHOR, Role.SOLVER)
    kin = {
        role: frozenset(relation.slots[1] for relation in pairs)
        for role, pairs in ((Role.AUTHOR, authors), (Role.CRITIC, critics))
    }
    broken = [*check.pairs(Role.AUTHOR, Role.ORACLE), *check.without_other(authors), *check.without_other(panel)]
    if arbitrated and len(frozenset[int]().union(*kin.values())) == len(cast.seats(Role.JUDGE)):
        broken += critics
    if judged_solvers:
        broken += check.without_other(solvers)
    if broken and not cast.allow_related:
        first = broken[0]
        other = first.roles[1]
        asked = "Choose an oracle of another family" if other is Role.ORACLE else f"Add a {other.value} of another family"
        raise BadInput(
            f"{first.sentence.removesuffix('.')}, but {_RULES[first.roles]}",
            where=place(_loc(cast, other, first.slots[1])),
            fix=f"{asked}, {_OVERRIDE}",
        )
    return LineageReport(
        lineages=lineages,
        broken=tuple(broken),
        reported=tuple(
            relation
            for relation in (*authors, *panel, *solvers, *critics, *check.pairs(Role.AUTHOR, Role.CRITIC))
            if relation not in broken
        ),
        relatives=_by_member((*authors, *check.pairs(Role.ORACLE, Role.JUDGE), *solvers, *critics)),
        conditions=("allow_related",) if cast.allow_related else (),
        doubts=(*dict.fromkeys(lineage.doubt for lineage in lineages.values() if lineage.doubt), *_unlisted(lineages.values())),
    )


def related(left: Lineage, right: Lineage) -> str:
    """How two members are related ("the same model", ...), "" when they are not as far as is known."""
    if left.model and left.model == right.model:
        return "they are the same model"
    if left.family == right.family:
        return f"both are of the family {left.family}"
    for child, parent in ((left, right), (right, left)):
        if common := (child.ancestors | {child.family}) & ({parent.model, parent.family} - {""}):
            return f"{child.model or child.family} comes from {min(common)}"
    if common := left.ancestors & right.ancestors:
        return f"both come from {min(common)}"
    return ""


@dataclass(frozen=True)
class _Check:
    cast: Cast
    lineages: Mapping[tuple[Role, int], Lineage]

    def pairs(self, role: Role, other: Role) -> list[Relation]:
        """The related pairs of two roles."""
        found = []
        for (i, left), (j, right) in product(enumerate(self.cast.seats(role)), enumerate(self.cast.seats(other))):
            if how := related(self.lineages[role, i], self.lineages[other, j]):
                sentence = f"The {other.value} {right.model} is related to the {role.value} {left.model}: {how}."
                found.append(Relation((role, other), (i, j), sentence))
        return found

    def without_other(self, pairs: list[Relation]) -> list[Relation]:
        """Of all the related pairs of two roles, those of the first role's members to whom the whole second role is related."""
        seen = [relation.slots[0] for relation in pairs]
        return [pair for pair in pairs if seen.count(pair.slots[0]) == len(self.cast.seats(pair.roles[1]))]


def _unlisted(lineages: Iterable[Lineage]) -> Iterator[str]:
    """A sentence on the declared families that nothing can be compared with but their own name."""
    families = sorted({lineage.family for lineage in lineages if not lineage.listed})
    if families:
        named = (f"{family} (did you mean {near}?)" if (near := near_family(family)) else family for family in families)
        yield (
            f"No table knows the declared families {', '.join(named)}: a model of one is taken as related only to what "
            "declares the same family in the same words."
        )


def _by_member(relations: Iterable[Relation]) -> dict[tuple[Role, int], frozenset[int]]:
    """The slots of the judges related to each member that has any."""
    found: dict[tuple[Role, int], frozenset[int]] = {}
    for relation in relations:
        member = (relation.roles[0], relation.slots[0])
        found[member] = found.get(member, frozenset()) | {relation.slots[1]}
    return found


def _lineage(member: Member, where: str) -> Lineage:
    """Raises BadInput at `where` when neither the cast nor the table knows the family."""
    bare = "" if member.simulated else bare_name(member.model)
    read = table_lineage(member.model) if bare else None
    declared = declared_lineage(member.family) if member.family else None
    if not member.family and read is None:
        raise BadInput(
            f"nobody can tell whom {member.model} is related to: its name is in no known family",
            where=where,
            fix="Declare whose weights it is: `family: NAME` (and `parent: MODEL` where it was tuned from another)",
        )
    own = declared or Lineage("", plain_family(member.family)) if member.family else read
    assert own is not None
    ancestors = ancestors_of([member.parent]) if member.parent else frozenset()
    doubt = ""
    if read is None or own.family != read.family:
        # A declared family that the table knows brings its own parents along.
        ancestors |= own.ancestors
    else:
        ancestors |= own.ancestors - ancestors_of([own.family])
    if read is not None:
        ancestors |= read.ancestors | {read.family}
        if own.family not in {read.family, *read.ancestors}:
            doubt = f"{member.model} is declared to be of the family {own.family}; by its name it would be {read.family}."
    listed = bool(member.simulated or declared or read or (member.parent and declared_lineage(member.parent)))
    return Lineage(bare, own.family, ancestors - {own.family, bare}, doubt, listed)


def _loc(cast: Cast, role: Role, slot: int) -> Loc:
    key = CAST_KEYS.get(role, role.value)
    return (key,) if key == role.value and len(cast.seats(role)) == 1 else (key, slot)

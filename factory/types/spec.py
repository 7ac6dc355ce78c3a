"""The input specification of one unit of work, and a point on its grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from factory.canonical import digest

Scalar = str | int | float | bool


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


@dataclass(frozen=True)
class Coordinate(Mapping[str, Scalar]):
    """One point on the grid: axis name to value, in the spec's axis order. An axis with no applicable value is absent."""

    pairs: tuple[tuple[str, Scalar], ...]

    def __getitem__(self, axis: str) -> Scalar:
        for name, value in self.pairs:
            if name == axis:
                return value
        raise KeyError(axis)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __hash__(self) -> int:
        return hash(self.pairs)


class AxisValue(Frozen):
    """One value of an axis. when: axis name to the values under which this one applies (all must hold); weight: 1e-6 to 1e6."""

    value: Scalar
    weight: float = Field(default=1.0, ge=1e-6, le=1e6)
    when: dict[str, tuple[Scalar, ...]] = Field(default_factory=dict)
    describe: str = ""


class Axis(Frozen):
    name: str
    values: tuple[AxisValue, ...] = Field(min_length=1)


class Exclusion(Frozen):
    """A combination that never occurs: a coordinate is excluded when every named axis holds one of the listed values."""

    where: dict[str, tuple[Scalar, ...]] = Field(min_length=1)


class Quota(Frozen):
    """At most so many accepted candidates of a job may lie where every named axis holds one of the listed values."""

    where: dict[str, tuple[Scalar, ...]] = Field(min_length=1)
    at_most: int = Field(ge=0)


class Anchor(Frozen):
    """A human-approved example of what is wanted, in the recipe's payload shape."""

    payload: dict[str, Any]
    critique: str = ""


class ReferenceSet(Frozen):
    """A file whose items no candidate may repeat: JSONL, Parquet or plain text (an item a line).

    path is absolute once loaded; field names the text column of JSONL and Parquet; sha256 (hex) is of the file's bytes.
    """

    name: str
    path: str
    field: str | None = None
    sha256: str = ""


class Spec(Frozen):
    """A parsed, valid spec. settings and gates hold the recipe's and the gates' own settings, validated by their owners;
    without names gates left out (an ablation); lookahead is how far a pull may run ahead of the landed index.
    """

    name: str
    recipe: str
    brief: str
    language: str = "en"
    axes: tuple[Axis, ...] = Field(min_length=1)
    exclude: tuple[Exclusion, ...] = ()
    quotas: tuple[Quota, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    references: tuple[ReferenceSet, ...] = ()
    settings: dict[str, Any] = Field(default_factory=dict)
    gates: dict[str, dict[str, Any]] = Field(default_factory=dict)
    without: tuple[str, ...] = ()
    embedder: str = "minilm"
    cast: str | None = None
    lookahead: int = Field(default=256, ge=1)
    repairs: int = Field(default=2, ge=0)

    @property
    def identity(self) -> str:
        """Hex digest of the content that shapes candidates: file paths, the recipe (which
        a candidate's id names by itself) and the default cast do not count.
        """
        content = self.model_dump(mode="json", exclude={"cast", "recipe"})
        content["references"] = [[r.name, r.field, r.sha256] for r in self.references]
        return digest(content)


class ProbeSpec(Spec):
    """The spec of a probe: nothing is drawn from its axes. items: a digest of the items that are measured.

    It counts towards the identity, which no spec of a run can therefore share.
    """

    axes: tuple[Axis, ...] = ()
    items: str


class AuditSpec(Spec):
    """The spec of an audit. trials: a digest of the items its gates are shown.

    It counts towards the identity, which no spec of a run can therefore share.
    """

    trials: str

"""What the writer can be asked to do, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from factory.ports import Holder, JobState, Lease
from store.encode import CallRows, LandingRows, Row, UnjournaledRows


@dataclass(frozen=True, slots=True)
class CreateJob:
    """values: the columns of the job's row but its number."""

    kind: ClassVar[str] = "job"
    values: dict[str, Any]
    holder: Holder
    ttl_s: float


@dataclass(frozen=True, slots=True)
class Acquire:
    kind: ClassVar[str] = ""
    job_id: str
    holder: Holder
    ttl_s: float


@dataclass(frozen=True, slots=True)
class Renew:
    kind: ClassVar[str] = ""
    lease: Lease
    ttl_s: float


@dataclass(frozen=True, slots=True)
class Finish:
    kind: ClassVar[str] = "finish"
    lease: Lease
    state: JobState
    reason: str


@dataclass(frozen=True, slots=True)
class PutCache:
    kind: ClassVar[str] = ""
    key: str
    data: bytes


@dataclass(frozen=True, slots=True)
class SetCap:
    kind: ClassVar[str] = ""
    lease: Lease
    cap_nano_usd: int | None


@dataclass(frozen=True, slots=True)
class Append:
    kind: ClassVar[str] = ""
    lease: Lease
    indices: int


@dataclass(frozen=True, slots=True)
class KeepEndpoints:
    """rows: of endpoints."""

    kind: ClassVar[str] = ""
    lease: Lease
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """job: the job's number; row: of open_attempts."""

    kind: ClassVar[str] = "attempt"
    lease: Lease
    job: int
    row: Row


@dataclass(frozen=True, slots=True)
class RecordFailure:
    """job: the job's number; row: of failed_attempts."""

    kind: ClassVar[str] = "failure"
    lease: Lease
    job: int
    row: Row


@dataclass(frozen=True, slots=True)
class SettleAttempts:
    kind: ClassVar[str] = ""
    lease: Lease
    rows: UnjournaledRows


@dataclass(frozen=True, slots=True)
class RecordCall:
    """job: the job's number."""

    kind: ClassVar[str] = "call"
    lease: Lease
    job: int
    rows: CallRows


@dataclass(frozen=True, slots=True)
class Land:
    """job: the job's number."""

    kind: ClassVar[str] = "land"
    lease: Lease
    job: int
    rows: LandingRows


@dataclass(frozen=True, slots=True)
class PutBlob:
    kind: ClassVar[str] = ""
    row: Row


OfJob = OpenAttempt | RecordFailure | RecordCall | Land
"""Operations that are refused unless their lease still holds the job."""

Gathered = OfJob | PutBlob
"""Operations whose rows a transaction inserts together with those of others."""

Single = CreateJob | Acquire | Renew | Finish | SetCap | Append | KeepEndpoints | SettleAttempts | PutCache
"""Operations that read and write on their own; their answer is a Lease or None."""

Operation = Gathered | Single

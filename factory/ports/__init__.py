"""The protocols through which the parts reach each other, and the rows that cross them.

Nothing in this package knows a database, a provider, a recipe or a gate.
"""

from factory.ports.corpus import Corpus, CorpusEntry, CorpusItem, CorpusView, Embedder, Neighbour
from factory.ports.faces import Exporter
from factory.ports.models import Model, Played, RolePlayer, Seat
from factory.ports.rows import (
    AUDIT,
    BASELINE,
    CONSTANT_ANSWER,
    PROBE,
    RUN,
    Applied,
    Attempt,
    AttemptTally,
    CallIdentity,
    CallRecord,
    EndpointFigures,
    GateTally,
    Holder,
    JobRecord,
    JobState,
    Landing,
    Lease,
    Money,
    PastRun,
    PastUse,
    Policy,
    Snapshot,
    Unanswered,
    UnjournaledAttempt,
)
from factory.ports.store import Store

__all__ = [
    "AUDIT",
    "BASELINE",
    "CONSTANT_ANSWER",
    "PROBE",
    "RUN",
    "Applied",
    "Attempt",
    "AttemptTally",
    "CallIdentity",
    "CallRecord",
    "Corpus",
    "CorpusEntry",
    "CorpusItem",
    "CorpusView",
    "Embedder",
    "EndpointFigures",
    "Exporter",
    "GateTally",
    "Holder",
    "JobRecord",
    "JobState",
    "Landing",
    "Lease",
    "Model",
    "Money",
    "Neighbour",
    "PastRun",
    "PastUse",
    "Played",
    "Policy",
    "RolePlayer",
    "Seat",
    "Snapshot",
    "Store",
    "Unanswered",
    "UnjournaledAttempt",
]

"""Data that travels between the parts: frozen, fully typed, apart from behaviour."""

from factory.types.call import BlobRef, CallRef, Message, ModelReply, ModelRequest, Part, ReplySchema, Text, Usage
from factory.types.candidate import Candidate, Item, Revision, State
from factory.types.cast import Cast, Member, Role, TokenPrice
from factory.types.finding import Finding, Outcome, Receipt, Stage
from factory.types.spec import (
    Anchor,
    AuditSpec,
    Axis,
    AxisValue,
    Coordinate,
    Exclusion,
    ProbeSpec,
    Quota,
    ReferenceSet,
    Scalar,
    Spec,
)

__all__ = [
    "Anchor", "AuditSpec", "Axis", "AxisValue", "BlobRef", "CallRef", "Candidate", "Cast", "Coordinate", "Exclusion",
    "Finding", "Item", "Member", "Message", "ModelReply", "ModelRequest", "Outcome", "Part", "ProbeSpec", "Quota", "Receipt",
    "ReferenceSet", "ReplySchema", "Revision", "Role", "Scalar", "Spec", "Stage", "State", "Text", "TokenPrice", "Usage",
]  # fmt: skip

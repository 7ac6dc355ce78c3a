"""Keys, and one tiny call to each distinct model, by the very adapters a run uses."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from factory.budget import Price, attempt_cost_nano, input_tokens_bound, usd, worst_case_nano
from factory.canonical import canonical_json
from factory.config.lineage import Lineage
from factory.config.prices import price_of
from factory.errors import BadInput, FactoryError, FailureKind, ModelFailure
from factory.providers.connect import connect
from factory.providers.connection import Connections
from factory.providers.endpoint import NO_KEY, Endpoint, endpoint_of, provider_of, settings_of
from factory.providers.secrets import Blotter
from factory.types import Cast, Member, Message, ModelReply, ModelRequest, ReplySchema, Role
from factory.types.model_name import is_as_asked
from scripts.console import latency
from scripts.doctor.diagnosis import Diagnosis, Level, failed

DEADLINE_S: Final = 7.0
# Room for a reasoning model to think before it says a single word.
MAX_TOKENS: Final = 512
NANO: Final = 10**9

READY: Final = ReplySchema(
    "ready",
    {"type": "object", "properties": {"ready": {"type": "boolean"}}, "required": ["ready"], "additionalProperties": False},
)
ASK: Final = (Message.of("user", 'Reply with the JSON object {"ready": true} and nothing else.'),)

_STRUCTURED_FIX: Final = (
    "Use a model or server with JSON schema support, or its answers end as malformed where one is asked for"
)
# Failures of a model that is there and answers, with what to do.
_ANSWERED: Final[Mapping[FailureKind, str]] = {
    FailureKind.MALFORMED: _STRUCTURED_FIX,
    FailureKind.EMPTY: _STRUCTURED_FIX,
    FailureKind.TRUNCATED: "Give it a larger max_tokens in the cast: a model that reasons first needs room for it",
    FailureKind.REFUSED: "Try another model: this one refuses a harmless request",
    FailureKind.FILTERED: "Look into the account's content filter: it stopped a harmless request",
    FailureKind.CONTEXT_OVERFLOW: "Raise the server's context window: a request of one line did not fit",
    FailureKind.RATE_LIMITED: "A run waits and goes on slower; set rpm and tpm in the cast to the account's limits",
    FailureKind.OVERLOADED: "A run waits until it has room again",
}


@dataclass(frozen=True)
class Target:
    """One thing to ask: the seats that would send the same requests there. name: as the provider knows it."""

    endpoint: Endpoint
    name: str
    seats: tuple[tuple[Role, int], ...]
    members: tuple[Member, ...]
    lineage: Lineage | None = None

    @property
    def member(self) -> Member:
        return self.members[0]

    @property
    def roles(self) -> list[str]:
        return [f"{role.value} {slot + 1}" for role, slot in self.seats]


def targets(cast: Cast, lineages: Mapping[tuple[Role, int], Lineage]) -> Iterator[Target | Diagnosis]:
    """The cast's distinct real models, by endpoint, name and the options that shape a request; a failing for a member whose
    provider or options cannot be meant.
    """
    groups: dict[tuple[object, ...], Target] = {}
    for role, members in cast.members.items():
        for slot, member in enumerate(members):
            if member.simulated:
                continue
            try:
                settings, endpoint, name = settings_of(member), endpoint_of(member), provider_of(member)[1]
            except BadInput as error:
                yield failed("model", member.model, error)
                continue
            shape = (endpoint, name, member.temperature, settings.max_tokens_field, canonical_json(settings.body))
            known = groups.get(shape)
            seats = ((*known.seats, (role, slot)), (*known.members, member)) if known else (((role, slot),), (member,))
            groups[shape] = Target(endpoint, name, *seats, known.lineage if known else lineages.get((role, slot)))
    yield from groups.values()


def key(endpoint: Endpoint) -> Diagnosis:
    """Whether the environment holds a key for the endpoint. What it is shows nowhere."""
    subject = f"{endpoint.provider} at {endpoint.host}"
    try:
        value = endpoint.key()
    except FactoryError as error:
        return failed("key", subject, error)
    what = f"{endpoint.key_env} is set" if value != NO_KEY else f"{endpoint.key_env} is not set; asked without a key"
    return Diagnosis("key", subject, Level.OK, what, facts={"key_env": endpoint.key_env, "set": value != NO_KEY})


async def ask(target: Target, connections: Connections) -> Diagnosis:
    """One attempt. It is in no journal, for a check is no job: the diagnosis says what it cost."""
    member, subject = target.member, target.member.model
    hurried = min(settings_of(member).deadline_s, DEADLINE_S)
    bound = min(member.max_tokens or MAX_TOKENS, MAX_TOKENS)
    request = ModelRequest(member.model, ASK, "doctor", READY, member.temperature, bound)
    outcome: ModelReply | ModelFailure
    try:
        model = connect(member.model_copy(update={"options": {**member.options, "deadline_s": hurried}}), connections)
    except FactoryError:
        # The key's own line says what to do.
        what = "not asked, for want of a key"
        return Diagnosis("model", subject, Level.FAIL, what, provider=True, facts=_facts(target, None, None))
    began = time.monotonic()
    try:
        outcome = await model.complete(request)
    except ModelFailure as failure:
        outcome = failure
    except FactoryError as error:
        refused = {**_facts(target, price_of(member), 0, time.monotonic() - began), "asked": True}
        return _blotted(replace(failed("model", subject, error), facts=refused), target.endpoint)
    seconds = time.monotonic() - began
    price = price_of(member)
    cost = _cost(price, outcome, request, bound)
    found = _judged(target, outcome, seconds, price, cost)
    return _blotted(found, target.endpoint)


def _cost(price: Price | None, outcome: ModelReply | ModelFailure, request: ModelRequest, bound: int) -> int | None:
    """Nano-dollars; the worst case where the provider did not say what it counted, None where nobody knows the price."""
    if price is None:
        turned_away = isinstance(outcome, ModelFailure) and outcome.kind in (FailureKind.CONNECTION, FailureKind.RATE_LIMITED)
        return 0 if turned_away else None
    kind = outcome.kind if isinstance(outcome, ModelFailure) else None
    cost = attempt_cost_nano(price, outcome.usage, kind)
    return worst_case_nano(price, input_tokens_bound(request), bound) if cost is None else cost


def _judged(
    target: Target, outcome: ModelReply | ModelFailure, seconds: float, price: Price | None, cost: int | None
) -> Diagnosis:
    facts = _facts(target, price, cost, seconds, outcome)
    told = [f"{', '.join(target.roles)}", _family(target.lineage)]
    failure = outcome if isinstance(outcome, ModelFailure) else None
    if failure is not None and failure.kind not in _ANSWERED:
        what, fix = _unreachable(failure, target.endpoint)
        return Diagnosis("model", target.member.model, Level.FAIL, what, fix, provider=True, facts=facts)
    fixes: list[str] = []
    if failure is None:
        told.append(f"answered in {latency(seconds)}, JSON schema kept")
    else:
        told.append(f"answered in {latency(seconds)}, but {failure.kind.value} ({failure.detail})")
        fixes.append(_ANSWERED[failure.kind])
    served = outcome.served_model
    if served and served != target.name:
        told.append(f"served by {served}")
        if not is_as_asked(target.member.model, served):
            fixes.append("Name the model that really answers in the cast, so that its family and price are the right ones")
    told.append(_priced(price, cost))
    fixes += _money_fixes(target, price)
    level = Level.WARN if fixes else Level.OK
    return Diagnosis("model", target.member.model, level, ", ".join(told), ". ".join(fixes), facts=facts)


def _family(lineage: Lineage | None) -> str:
    if lineage is None:
        return "family not told"
    return f"family {lineage.family}" + (f" (from {', '.join(sorted(lineage.ancestors))})" if lineage.ancestors else "")


def _priced(price: Price | None, cost: int | None) -> str:
    spent = "cost not known" if cost is None else f"this call cost {usd(cost)}"
    if price is None:
        return f"price not known, {spent}"
    if price.free:
        return "free of charge"
    rates = f"{usd(price.base.input)} in and {usd(price.base.output)} out per million tokens"
    return f"{rates} ({price.source}), {spent}"


def _money_fixes(target: Target, price: Price | None) -> list[str]:
    """What --budget would refuse a run for."""
    if price is None:
        return ["For --budget add `price: {input: ..., output: ...}` to the cast, in USD per million tokens"]
    if not price.free and any(member.max_tokens is None for member in target.members):
        return ["For --budget add max_tokens to the cast"]
    return []


def _unreachable(failure: ModelFailure, endpoint: Endpoint) -> tuple[str, str]:
    if failure.kind is FailureKind.TIMEOUT:
        fix = (
            f"Check that a server runs at {endpoint.base_url} and is not behind a firewall; if it was only waking up, try again"
        )
        return f"no answer ({failure.detail})", fix
    if failure.kind is FailureKind.CONNECTION:
        return f"it cannot be reached ({failure.detail})", f"Check base_url ({endpoint.base_url}), and that its server runs"
    return f"the server is in trouble ({failure.detail})", "Look at its status page or log, and try again"


def _facts(
    target: Target,
    price: Price | None,
    cost: int | None,
    seconds: float | None = None,
    outcome: ModelReply | ModelFailure | None = None,
) -> dict[str, object]:
    """structured_output: whether the answer kept its schema, None where no answer tells; cost_usd: None where nobody knows."""
    failure = outcome if isinstance(outcome, ModelFailure) else None
    lineage = target.lineage
    return {
        "endpoint": f"{target.endpoint.provider} at {target.endpoint.host} ({target.endpoint.key_env})",
        "roles": target.roles,
        "family": lineage.family if lineage else None,
        "ancestors": sorted(lineage.ancestors) if lineage else [],
        "asked": outcome is not None,
        "outcome": failure.kind.value if failure else "ok" if outcome else "unusable",
        "latency_s": None if seconds is None else round(seconds, 4),
        "structured_output": True
        if isinstance(outcome, ModelReply)
        else False
        if failure and failure.kind in (FailureKind.MALFORMED, FailureKind.EMPTY)
        else None,
        "served_model": outcome.served_model if outcome else "",
        "price_known": price is not None,
        "price_source": price.source if price else "",
        "cost_usd": None if cost is None else cost / NANO,
    }


def _blotted(found: Diagnosis, endpoint: Endpoint) -> Diagnosis:
    """The adapters took the key out of what the server said already; what they may have missed goes here."""
    try:
        blotter = Blotter(endpoint.key())
    except FactoryError:
        return found
    return replace(found, what=blotter.text(found.what), fix=blotter.text(found.fix))

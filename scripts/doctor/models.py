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
from factory.providers.endpoint import NO_KEY, Endpoint, endpoint_of, provider_of
from factory.providers.failures import RequestRefused
from factory.providers.options import STRUCTURED, settings_of
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
_IN_PROMPT: Final = (
    "; where a server lets the schema go by unread, `options: {structured: json_object}` or `{structured: none}` "
    "puts it into the prompt"
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
            said = (settings.max_tokens_field, settings.structured, canonical_json(settings.body))
            shape = (endpoint, name, member.temperature, *said)
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
    unset = "" if endpoint.key_env == NO_KEY else f"{endpoint.key_env} is not set; "
    what = f"{endpoint.key_env} is set" if value != NO_KEY else f"{unset}asked without a key"
    return Diagnosis("key", subject, Level.OK, what, facts={"key_env": endpoint.key_env, "set": value != NO_KEY})


async def ask(target: Target, connections: Connections) -> Diagnosis:
    """One attempt, and where an OpenAI-compatible server refuses the request as such, one each by the other ways to ask for
    structured output, to tell which it takes. They are in no journal, for a check is no job: the diagnosis says what they cost.
    """
    member = target.member
    settings = settings_of(member)
    bound = min(member.max_tokens or MAX_TOKENS, MAX_TOKENS)
    request = ModelRequest(member.model, ASK, "doctor", READY, member.temperature, bound)
    price = price_of(member)
    began = time.monotonic()
    ends = began + min(settings.deadline_s, DEADLINE_S)

    async def by(options: Mapping[str, object]) -> ModelReply | ModelFailure | FactoryError:
        hurried = {**member.options, **options, "deadline_s": max(0.1, ends - time.monotonic())}
        try:
            return await connect(member.model_copy(update={"options": hurried}), connections).complete(request)
        except (ModelFailure, FactoryError) as failure:
            return failure

    try:
        target.endpoint.key()
    except FactoryError:
        # The key's own line says what to do.
        what = "not asked, for want of a key"
        return Diagnosis("model", member.model, Level.FAIL, what, provider=True, facts=_facts(target, None, None))
    outcome = await by({})
    seconds = time.monotonic() - began
    if not isinstance(outcome, FactoryError):
        cost = _cost(price, outcome, request, bound)
        return _blotted(_judged(target, outcome, seconds, price, cost), target.endpoint)
    calls, taken = 1, ""
    found = failed("model", member.model, outcome)
    others = STRUCTURED if isinstance(outcome, RequestRefused) and target.endpoint.provider == "openai" else ()
    cost = 0
    for way in others:
        if way == settings.structured or time.monotonic() >= ends:
            continue
        tried = await by({"structured": way})
        calls += 1
        if isinstance(tried, ModelReply | ModelFailure) and cost is not None:
            spent = _cost(price, tried, request, bound)
            cost = None if spent is None else cost + spent
        if isinstance(tried, ModelReply):
            what = f"it takes structured output by {way}, not by {settings.structured} ({outcome.what})"
            found = replace(found, what=what, fix=f"Add `options: {{structured: {way}}}` to {member.model} in the cast")
            taken = way
            break
    facts = {**_facts(target, price, cost, seconds), "asked": True, "calls": calls}
    if taken:
        facts |= {"structured_output": False, "structured": taken}
    return _blotted(replace(found, facts=facts), target.endpoint)


def _cost(price: Price | None, outcome: ModelReply | ModelFailure, request: ModelRequest, bound: int) -> int | None:
    """Nano-dollars; the worst case where the provider did not say what it counted, None where nobody knows the price."""
    if price is None:
        turned_away = isinstance(outcome, ModelFailure) and outcome.kind in (FailureKind.CONNECTION, FailureKind.RATE_LIMITED)
        return 0 if turned_away else None
    failure = outcome if isinstance(outcome, ModelFailure) else None
    kind, turned_away = (failure.kind, failure.turned_away) if failure is not None else (None, False)
    cost = attempt_cost_nano(price, outcome.usage, kind, turned_away=turned_away)
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
        way = settings_of(target.member).structured
        by = "" if way == STRUCTURED[0] else f" (asked for by structured: {way})"
        told.append(f"answered in {latency(seconds)}, JSON schema kept{by}")
    else:
        told.append(f"answered in {latency(seconds)}, but {failure.kind.value} ({failure.detail})")
        fix = _ANSWERED[failure.kind]
        unread = fix is _STRUCTURED_FIX and target.endpoint.provider == "openai"
        fixes.append(fix + _IN_PROMPT if unread and settings_of(target.member).structured == STRUCTURED[0] else fix)
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
    """structured_output: whether the answer kept its schema, None where no answer tells; structured: by which way of asking for
    it an answer did, None where none is known; calls: how many were made; cost_usd: of them, None where nobody knows.
    """
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
        "structured": settings_of(target.member).structured if isinstance(outcome, ModelReply) else None,
        "calls": int(outcome is not None),
        "served_model": outcome.served_model if outcome else "",
        "price_known": price is not None,
        "price_source": price.source if price else "",
        "cost_usd": None if cost is None else cost / NANO,
    }


def _blotted(found: Diagnosis, endpoint: Endpoint) -> Diagnosis:
    """The adapters took the key out of what the server said already; what they may have missed goes here."""
    try:
        secret = endpoint.key()
    except FactoryError:
        return found
    if secret == NO_KEY:
        return found
    blotter = Blotter(secret)
    return replace(found, what=blotter.text(found.what), fix=blotter.text(found.fix))

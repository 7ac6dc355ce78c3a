"""From a spec file and a cast to a job that can run: everything that can be wrong is found here, before anything is written."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import BaseModel

import factory
import gates
from factory import config
from factory.budget import FREE, Price
from factory.caller import Channel
from factory.canonical import digest, sha256_hex
from factory.config.lineage import CAST_KEYS, LineageReport, check_lineage
from factory.config.prices import prices_of
from factory.errors import BadInput
from factory.gate import Gate, LandingGate, Relatives, settings_of
from factory.lever import Line, Puller, pull
from factory.limits import Limits
from factory.ports import RUN, Corpus, Embedder, Policy, RolePlayer, Standing
from factory.providers import connect
from factory.providers.endpoint import OFFICIAL, Endpoint, endpoint_of
from factory.providers.sim import SimModel
from factory.recipe import Recipe
from factory.similarity.embedder import load_embedder
from factory.similarity.references import Reference
from factory.similarity.unread import NO_EMBEDDER
from factory.types import Candidate, Cast, Member, Role, Spec
from scripts.registry import find_recipe

if TYPE_CHECKING:
    from factory.providers.connection import Connections
    from store import SqlStore

FRAMEWORK, GATES = Path(factory.__file__).parent, Path(gates.__file__).parent
# The parts of the framework that shape a candidate; the others carry, keep or show it.
SHAPING = (
    "canonical.py", "gate.py", "graders", "lever.py", "recipe.py", "sampling.py", "similarity", "statistics", "types",
)  # fmt: skip
SIM_LOG_VARIABLE = "FACTORY_SIM_LOG"


@dataclass(frozen=True)
class Plan:
    """A job's parts, checked against each other. inputs: what starting it again needs; see `JobRecord.inputs`."""

    spec: Spec
    recipe: Recipe
    settings: BaseModel
    gates: tuple[Gate, ...]
    cast: Cast
    embedder: Embedder
    references: tuple[Reference, ...]
    inputs: Mapping[str, Any]
    lineage: LineageReport = field(default_factory=lambda: LineageReport({}))
    kind: ClassVar[str] = RUN

    @property
    def conditions(self) -> tuple[str, ...]:
        """What every receipt of the job must confess."""
        facts = {"simulated": self.cast.simulated, "allow_related": self.cast.allow_related}
        return tuple(name for name, holds in facts.items() if holds)

    def line(self, seed: int) -> Line:
        task = self.recipe.task(self.settings)
        return Line(self.spec, self.recipe, self.settings, self.gates, task, seed, self.conditions, self.relatives)

    @property
    def relatives(self) -> Relatives:
        """Which judges do not decide on whose work: the author's, the critic's, and everybody's where judges grade."""
        always = () if Role.JUDGE in self.recipe.graded_by else (Role.AUTHOR, Role.CRITIC)
        return {seat: judges for seat, judges in self.lineage.relatives.items() if not always or seat[0] in always}

    def policy(self, before: Policy) -> Policy:
        """How far a new job on this plan goes, after one that went as far as `before`."""
        return before

    def standing(self, store: SqlStore, job: str, landed: Sequence[Candidate]) -> Standing:
        """The accepted items that gates compare with."""
        places = {candidate.id: candidate.index for candidate in landed}
        return Standing(store.accepted(own=job), partial(store.vectors, self.embedder.name), places)

    def puller(self, store: SqlStore, corpus: Corpus) -> Puller:
        """What the job does for each index."""
        return pull

    def fingerprint(self) -> dict[str, str]:
        """A digest per part on which the job's outcome depends; a resume compares them and names the one that changed."""
        recipe_file = Path(self.spec.recipe) if self.spec.recipe.endswith(".py") else None
        return {
            "spec": self.spec.identity,
            "recipe source": digest(_digest_folder(self.recipe.folder, (".py",)), _digest_file(recipe_file)),
            "prompts": _digest_folder(self.recipe.folder, (".j2", ".jinja", ".txt")),
            "gate settings": digest([[g.name, g.version, settings_of(g)] for g in self.gates]),
            "gate sources": digest(_digest_folder(GATES, (".py",)), [_digest_source(type(g)) for g in self.gates]),
            "framework": digest([_digest_folder(FRAMEWORK / part, (".py",)) for part in SHAPING]),
            "cast": digest(self.cast.model_dump(mode="json")),
            "lineages": digest([[role, slot, sorted(judges)] for (role, slot), judges in sorted(self.relatives.items())]),
            "embedder": self.embedder.name,
            "reference files": digest([[r.name, r.sha256] for r in self.references]),
        }


def prepare(spec_path: str, cast_name: str | None) -> Plan:
    """Load and check everything a job needs. Raises BadInput with the file, the field and the fix."""
    loaded = config.load_spec(spec_path)
    spec = loaded.spec
    recipe = find_recipe(spec.recipe, where=loaded.locate(("recipe",)))
    chosen = cast_name or spec.cast
    if chosen is None:
        known = ", ".join(sorted(recipe.casts)) or "none for this recipe"
        raise BadInput("no cast was named", where=spec_path, fix=f"Give --cast FILE or a shipped cast ({known})")
    return _plan(loaded, config.load_cast(chosen, recipe.casts), recipe)


def prepare_again(inputs: Mapping[str, Any]) -> Plan:
    """The plan of a job that was begun, from its files as they are now; from its own record where a file is gone."""
    loaded = spec_again(inputs)
    recipe = find_recipe(loaded.spec.recipe, where=loaded.locate(("recipe",)))
    return _plan(loaded, cast_again(inputs, recipe), recipe)


def spec_again(inputs: Mapping[str, Any]) -> config.LoadedSpec:
    """The spec of a job that was begun, as its file is now, or as it was where that is gone."""
    path = Path(inputs["spec_path"])
    return config.load_spec(path) if path.exists() else config.parse_spec(inputs["spec_text"], path)


def cast_again(inputs: Mapping[str, Any], recipe: Recipe) -> config.LoadedCast:
    """The cast of a job that was begun, as its file is now, or as it was where that is gone."""
    path = Path(inputs["cast_path"])
    if inputs["cast_path"] in recipe.casts or path.exists():
        return config.load_cast(inputs["cast_path"], recipe.casts)
    return config.parse_cast(inputs["cast_text"], path)


def _plan(loaded: config.LoadedSpec, cast: config.LoadedCast, recipe: Recipe) -> Plan:
    spec = loaded.spec
    settings = config.parse_settings(recipe.settings, spec.settings, loaded.locate)
    bound = config.bind_gates(recipe.gates, spec.gates, spec.without, loaded.locate)
    check_anchors(recipe, spec, loaded)
    lineage = check_seats(recipe, bound, cast)
    check_members(recipe, cast.cast, str(cast.path))
    inputs = inputs_of(loaded, cast, recipe)
    return Plan(spec, recipe, settings, bound, cast.cast, embedder_of(loaded, bound), references_of(spec), inputs, lineage)


def check_seats(recipe: Recipe, bound: Sequence[Gate], cast: config.LoadedCast) -> LineageReport:
    """Whether the cast fills the seats that recipe and gates need, with members who may judge each other. Raises BadInput."""
    judged = Role.JUDGE in recipe.graded_by
    lineage = check_lineage(cast.cast, cast.locate, judged_solvers=judged, arbitrated=arbitrated(bound))
    check_roles(recipe, bound, cast)
    return lineage


def arbitrated(gates: Sequence[Gate]) -> bool:
    """Whether judges decide on what a critic claims."""
    return any({Role.CRITIC, Role.JUDGE} <= set(gate.roles) for gate in gates)


def references_of(spec: Spec) -> tuple[Reference, ...]:
    return tuple(Reference(r.name, r.sha256, config.read_texts(r)) for r in spec.references)


def inputs_of(loaded: config.LoadedSpec, cast: config.LoadedCast, recipe: Recipe) -> dict[str, Any]:
    """What starting the job again needs of spec and cast."""
    shipped = next((name for name, path in recipe.casts.items() if path == cast.path), None)
    return {
        "recipe": loaded.spec.recipe,
        "spec_path": str(loaded.path),
        "spec_text": loaded.text,
        "cast_path": shipped or str(cast.path.absolute()),
        "cast_text": cast.text,
    }


def embedder_of(loaded: config.LoadedSpec, bound: Sequence[Gate]) -> Embedder:
    """The spec's embedder, where a gate compares with the corpus; only gates that are asked again at landing may.

    Raises BadInput naming the spec's own line where the spec chose the embedder.
    """
    if not any(isinstance(gate, LandingGate) for gate in bound):
        return NO_EMBEDDER
    try:
        return load_embedder(loaded.spec.embedder)
    except BadInput as exc:
        if "embedder" not in loaded.spec.model_fields_set:
            raise
        raise BadInput(exc.what, where=f"{loaded.locate(('embedder',))} {loaded.spec.embedder}", fix=exc.fix) from exc


def check_members(recipe: Recipe, cast: Cast, where: str) -> None:
    """Whether every member can be played at all. Raises BadInput, or ProviderUnusable for a key that is not there."""
    # The players of a rehearsal take 60 ms of CPU to load.
    players = recipe.rehearsal() if recipe.rehearsal is not None and cast.simulated else {}
    for role, members in cast.members.items():
        for member in members:
            if not member.simulated:
                connect.check(member)
            elif member.model.removeprefix("sim:") not in players:
                known = ", ".join(f"sim:{player}" for player in sorted(players)) or "none"
                raise BadInput(
                    f"recipe {recipe.name} cannot rehearse {member.model!r}",
                    where=f"{where}: {role.value}: model",
                    fix=f"It has: {known}",
                )
            else:
                _check_options(players[member.model.removeprefix("sim:")], member, f"{where}: {role.value}: options")


def _check_options(player: RolePlayer, member: Member, where: str) -> None:
    """A rehearsal role may tell what is wrong with its options; any sim's delay is checked by the sim."""
    options = SimModel(player, member).options
    check = getattr(player, "check", None)
    problem = check(options) if check is not None else ""
    if problem:
        raise BadInput(problem, where=where, fix="See the recipe's README for the options of its rehearsal roles")


@dataclass
class Wires:
    """How one process reaches its models: connections and limits shared by every role, prices by seat."""

    recipe: Recipe
    cast: Cast
    concurrency: int
    capped: bool = False
    limits: Limits = field(default_factory=Limits)
    _connections: Connections | None = None

    def channels(self) -> dict[Role, tuple[Channel, ...]]:
        prices = prices_of(self.cast, capped=self.capped)
        return {
            role: tuple(self._channel(member, prices[role, slot]) for slot, member in enumerate(members))
            for role, members in self.cast.members.items()
        }

    async def close(self) -> None:
        if self._connections is not None:
            await self._connections.aclose()

    def _channel(self, member: Member, price: Price | None) -> Channel:
        if member.simulated:
            players = self.recipe.rehearsal() if self.recipe.rehearsal is not None else {}
            log = os.environ.get(SIM_LOG_VARIABLE)
            return Channel(SimModel(players[member.model.removeprefix("sim:")], member, log=Path(log) if log else None))
        if self._connections is None:
            from factory.providers.connection import Connections

            self._connections = Connections()
        at = endpoint_of(member)
        key = f"{at.provider} at {_place(at)} ({at.key_env})"
        endpoint = self.limits.endpoint(key, max_in_flight=self.concurrency, rpm=member.rpm, tpm=member.tpm)
        model = connect.connect(member, self._connections)
        # Without a cap a price nobody knows only means that nothing can be counted.
        return Channel(model, endpoint, price or FREE, output_bound(member))


def _place(at: Endpoint) -> str:
    """Where limits are kept, short enough to be shown: the host, and what else of base_url is not as the provider has it."""
    parts, usual = urlsplit(at.base_url), urlsplit(OFFICIAL[at.provider][0])
    scheme = "http://" if parts.scheme == "http" and parts.port is None else ""
    path = "" if parts.path == usual.path else parts.path or "/"
    return f"{scheme}{at.host}{path}"


def output_bound(member: Member) -> int | None:
    """The most output tokens a call of this member can be billed for, None where nothing bounds it."""
    if member.max_tokens is not None:
        return member.max_tokens
    if member.model.startswith("anthropic/"):
        from factory.providers.anthropic import DEFAULT_MAX_TOKENS

        return DEFAULT_MAX_TOKENS
    return None


def check_anchors(recipe: Recipe, spec: Spec, loaded: config.LoadedSpec) -> None:
    """Whether every anchor is a payload of the recipe. Raises BadInput at the first that is not."""
    from pydantic import ValidationError

    for number, anchor in enumerate(spec.anchors):
        try:
            recipe.parse(anchor.payload)
        except ValidationError as exc:
            problem = exc.errors()[0]
            field = ".".join(str(step) for step in problem["loc"])
            raise BadInput(
                f"anchor {number + 1} is not a {recipe.name} payload: {field or 'payload'}: {problem['msg']}",
                where=loaded.locate(("anchors", number)),
                fix=f"An anchor's payload has the fields {', '.join(recipe.payload.model_fields)}",
            ) from None


def check_roles(recipe: Recipe, gates: Sequence[Gate], loaded: config.LoadedCast) -> None:
    """Whether the cast has every role that the lever, the grader and these gates need. Raises BadInput."""
    needed: dict[Role, str] = {Role.AUTHOR: "the lever", **dict.fromkeys(recipe.graded_by, f"the grader of {recipe.name}")}
    for gate in gates:
        for role in gate.roles:
            needed.setdefault(role, f"the {gate.name} gate")
    for role, user in needed.items():
        if not loaded.cast.seats(role):
            raise BadInput(
                f"the cast has no {role.value}, which {user} needs",
                where=str(loaded.path),
                fix=f"Add `{CAST_KEYS.get(role, role.value)}:` to the cast, or leave the gate out with `without:` in the spec",
            )


def _digest_folder(place: Path, suffixes: tuple[str, ...]) -> str:
    """Of a folder's files with these endings, or of one file."""
    files = sorted(path for path in place.rglob("*") if path.suffix in suffixes) if place.is_dir() else [place]
    return digest([[path.relative_to(place.parent).as_posix(), _digest_file(path)] for path in files])


def _digest_file(path: Path | None) -> str:
    return sha256_hex(path.read_bytes()) if path is not None and path.is_file() else ""


def _digest_source(cls: type) -> str:
    source = inspect.getsourcefile(cls)
    return _digest_file(Path(source)) if source else ""

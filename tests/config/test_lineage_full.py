"""The lineage rule over the shipped table and the cast's own declarations."""

from __future__ import annotations

from typing import Any

import pytest

from factory.config.lineage import bare_name, check_lineage, related, table_lineage
from factory.errors import BadInput
from factory.types import Cast, Member, Role

FAMILIES = {
    "claude": ["anthropic/claude-sonnet-4-5", "bedrock/us.anthropic.claude-3-5-sonnet-20240620-v1:0"],
    "gpt": [
        "openai/gpt-4o",
        "openai/ft:gpt-4o-mini:acme::x1",
        "openai/chatgpt-4o-latest",
        "openai/o3",
        "openai/o4-mini",
        "groq/openai/gpt-oss-120b",
    ],
    "gemini": ["google/gemini-2.5-pro"],
    "gemma": ["openai/google/gemma-3-27b-it", "ollama/codegemma:7b"],
    "llama": ["openai/meta-llama/Llama-3.3-70B-Instruct", "openai/accounts/fireworks/models/llama-v3p1-8b", "x/codellama-34b"],
    "qwen": ["openai/Qwen/Qwen2.5-72B-Instruct", "openai/qwq-32b", "openai/AIDC-AI/Marco-o1"],
    "deepseek": ["openai/deepseek-chat", "openai/deepseek-ai/DeepSeek-R1-Distill-Qwen-14B", "ollama/deepseek-r1:14b"],
    "mistral": ["openai/mistral-large-latest", "openai/mixtral-8x7b", "openai/ministral-8b", "openai/codestral-latest"],
    "phi": ["openai/microsoft/phi-4"],
    "command": ["openai/command-r-plus", "openai/c4ai-aya-expanse-32b"],
    "grok": ["openai/grok-4"],
    "kimi": ["openai/moonshotai/kimi-k2"],
    "glm": ["openai/glm-4.6", "openai/chatglm3-6b"],
    "nemotron": ["openai/nvidia/Llama-3.1-Nemotron-70B-Instruct", "openai/nemotron-4-340b"],
    "olmo": ["openai/allenai/OLMo-2-1124-13B"],
    "tulu": ["openai/allenai/Llama-3.1-Tulu-3-8B"],
    "yi": ["openai/yi-34b-chat"],
    "granite": ["openai/granite-3.1-8b"],
    "smollm": ["openai/SmolLM2-1.7B", "openai/HuggingFaceTB/SmolLM3-3B"],
    "pythia": ["openai/gpt-neox-20b", "openai/gpt-j-6b"],
}


def member(model: str, **more: Any) -> Member:
    return Member(model=model, **more)


def cast(*, allow_related: bool = False, **roles: Member | list[Member]) -> Cast:
    members = {Role(role): (given,) if isinstance(given, Member) else tuple(given) for role, given in roles.items()}
    return Cast(name="mine", members=members, allow_related=allow_related)


CLAUDE, OPUS = member("anthropic/claude-sonnet-4-5"), member("anthropic/claude-opus-4-1")
GPT, QWEN, LLAMA = member("openai/gpt-4o"), member("openai/Qwen2.5-72B"), member("openai/llama-3.3-70b")


@pytest.mark.parametrize(("family", "model"), [(family, model) for family, models in FAMILIES.items() for model in models])
def test_the_table_names_the_family(family: str, model: str) -> None:
    found = table_lineage(bare_name(model))
    assert found is not None and found.family == family


@pytest.mark.parametrize(
    "model", ["openai/acme-7b", "openai/my-finetune", "openai/yield-1", "openai/graphite", "openai/dauphine"]
)
def test_the_table_guesses_nothing(model: str) -> None:
    assert table_lineage(bare_name(model)) is None


@pytest.mark.parametrize(
    ("left", "right", "says"),
    [
        ("deepseek-r1-distill-llama-70b", "llama-3.3-70b-instruct", "comes from llama"),
        ("deepseek-r1-distill-qwen-7b", "deepseek-chat", "family deepseek"),
        ("llama-3.1-tulu-3-8b", "llama-3.1-nemotron-70b", "both come from llama"),
        ("gemma-3-27b-it", "gemini-2.5-flash", "comes from gemini"),
        ("phi-4", "gpt-4o", "comes from gpt"),
        ("flow-judge-v0.1", "o3", "comes from gpt"),
        ("dolphin-2.9-llama3-8b", "codellama-34b", "comes from llama"),
        ("gpt-4o", "gpt-4o", "same model"),
        ("deepseek-chat", "qwen2.5-72b", ""),
        ("nemotron-4-340b", "llama-3-8b", ""),
        ("gpt-neox-20b", "gpt-4o", ""),
        ("claude-sonnet-4-5", "gpt-4o", ""),
    ],
)
def test_relations_hold_both_ways(left: str, right: str, says: str) -> None:
    one, other = table_lineage(left), table_lineage(right)
    assert one is not None and other is not None
    for how in (related(one, other), related(other, one)):
        assert (says in how) if says else how == ""


def test_an_unrelated_cast_passes_without_notes() -> None:
    report = check_lineage(cast(author=CLAUDE, oracle=GPT, judge=[GPT, QWEN], solver=[LLAMA]), judged_solvers=True)
    assert report.notes == () and report.conditions == ()
    # An oracle's answers may be graded too, but no rule asks who may.
    assert report.relatives == {(Role.ORACLE, 0): {0}}
    assert report.lineages[Role.AUTHOR, 0].family == "claude"


@pytest.mark.parametrize(
    ("broken", "where"),
    [
        (cast(author=CLAUDE, oracle=OPUS), "cast mine: oracle"),
        (cast(author=CLAUDE, oracle=[GPT, OPUS]), "cast mine: oracle.1"),
        (cast(author=CLAUDE, judge=[OPUS]), "cast mine: judges.0"),
        (cast(author=CLAUDE, judge=[OPUS, CLAUDE]), "cast mine: judges.0"),
    ],
)
def test_a_related_oracle_or_only_related_judges_are_refused_by_name_and_rule(broken: Cast, where: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_lineage(broken)
    message = caught.value.message
    assert "claude-opus-4-1" in message and "claude-sonnet-4-5" in message
    assert "family claude" in message and "2502.01534" in message and "allow_related: true" in message
    assert caught.value.where == where and caught.value.exit_code == 2


def test_one_unrelated_judge_is_enough_and_the_other_is_reported() -> None:
    report = check_lineage(cast(author=CLAUDE, judge=[OPUS, GPT]))
    assert report.notes == (
        "The judge anthropic/claude-opus-4-1 is related to the author anthropic/claude-sonnet-4-5: "
        "both are of the family claude.",
    )
    assert report.broken == () and report.conditions == ()


def test_a_judges_grades_of_its_relatives_are_set_apart() -> None:
    panel = cast(author=CLAUDE, judge=[GPT, QWEN], solver=[LLAMA, member("openai/gpt-4o-mini"), QWEN])
    report = check_lineage(panel, judged_solvers=True)
    assert report.relatives == {(Role.SOLVER, 1): {0}, (Role.SOLVER, 2): {1}}
    assert len(report.reported) == 2 and "solver openai/Qwen2.5-72B: they are the same model" in report.notes[1]


def test_a_solver_that_only_relatives_would_grade_is_refused_where_judges_grade() -> None:
    alone = cast(author=CLAUDE, judge=[GPT], solver=[LLAMA, member("openai/gpt-4o-mini")])
    assert check_lineage(alone).relatives == {(Role.SOLVER, 1): {0}}
    with pytest.raises(BadInput, match="gpt-4o is related to the solver openai/gpt-4o-mini"):
        check_lineage(alone, judged_solvers=True)


def test_allow_related_lets_it_pass_and_says_so() -> None:
    report = check_lineage(cast(author=CLAUDE, oracle=OPUS, judge=[OPUS], allow_related=True))
    assert report.conditions == ("allow_related",)
    assert [relation.roles for relation in report.broken] == [(Role.AUTHOR, Role.ORACLE), (Role.AUTHOR, Role.JUDGE)]
    assert len(report.notes) == 2


@pytest.mark.parametrize("allow", [False, True])
def test_an_unknown_lineage_must_be_declared(allow: bool) -> None:
    with pytest.raises(BadInput) as caught:
        check_lineage(cast(author=member("openai/acme-7b"), allow_related=allow))
    assert "openai/acme-7b" in caught.value.message and "`family: NAME`" in caught.value.message
    assert check_lineage(cast(author=member("openai/acme-7b", family="Acme"))).lineages[Role.AUTHOR, 0].family == "acme"


@pytest.mark.parametrize(
    ("author", "oracle"),
    [
        (GPT, member("openai/acme-7b", family="openai")),
        (GPT, member("openai/acme-7b", family="phi")),
        (LLAMA, member("openai/acme-7b", family="acme", parent="meta-llama/Llama-3.1-8B")),
        (member("openai/acme-7b", family="acme"), member("openai/acme-7b-judge", family="other", parent="acme/acme-7b")),
        (member("openai/a", family="a", parent="x/base-1"), member("openai/b", family="b", parent="y/base-1")),
        (member("openai/acme-7b", family="acme"), member("local/Acme-7B", family="other")),
    ],
)
def test_declarations_are_followed_through_the_table(author: Member, oracle: Member) -> None:
    with pytest.raises(BadInput, match="is related to the author"):
        check_lineage(cast(author=author, oracle=oracle))


DISTILL = "openai/deepseek-r1-distill-llama-70b"


@pytest.mark.parametrize(
    ("declared", "others"),
    [
        ({"parent": "deepseek-r1"}, ["llama-3.3-70b", "deepseek-v3", "llama-3.1-tulu-3-8b"]),
        ({"family": "llama"}, ["llama-3.3-70b", "deepseek-v3"]),
        ({"family": "deepseek"}, ["llama-3.3-70b", "deepseek-v3"]),
        ({"family": "acme", "parent": "acme-base"}, ["llama-3.3-70b", "deepseek-v3", "acme-base"]),
        ({"family": "phi", "parent": "acme-base"}, ["llama-3.3-70b", "deepseek-v3", "acme-base", "phi-4", "gpt-4o"]),
    ],
)
def test_a_declaration_adds_relatives_and_takes_none_away(declared: dict[str, str], others: list[str]) -> None:
    for other in others:
        base = member(f"openai/{other}", family="acme-base") if other == "acme-base" else member(f"openai/{other}")
        for author, oracle in ((member(DISTILL, **declared), base), (base, member(DISTILL, **declared))):
            with pytest.raises(BadInput, match="is related to the author"):
                check_lineage(cast(author=author, oracle=oracle))
    assert check_lineage(cast(author=CLAUDE, oracle=member(DISTILL, **declared))).broken == ()


def test_a_known_family_cannot_be_declared_away_and_the_contradiction_is_told() -> None:
    for author, oracle in ((GPT, "openai/gpt-4o-mini"), (member("openai/gpt-4o", family="mine"), "openai/gpt-4o-mini")):
        with pytest.raises(BadInput, match="gpt"):
            check_lineage(cast(author=author, oracle=member(oracle, family="other")))
    report = check_lineage(cast(author=CLAUDE, oracle=member("openai/gpt-4o-clone", family="acme", parent="acme-base")))
    assert report.lineages[Role.ORACLE, 0].family == "acme"
    assert report.notes == ("openai/gpt-4o-clone is declared to be of the family acme; by its name it would be gpt.",)
    loose = check_lineage(cast(author=GPT, oracle=member("openai/gpt-4o-mini", family="other"), allow_related=True))
    assert loose.broken and loose.conditions == ("allow_related",)


def test_what_is_declared_as_the_table_has_it_changes_nothing() -> None:
    plain = check_lineage(cast(author=member(DISTILL))).lineages[Role.AUTHOR, 0]
    assert check_lineage(cast(author=member(DISTILL, family="deepseek"))).lineages[Role.AUTHOR, 0] == plain
    # R1 1776 is DeepSeek's, unlike its maker's other models.
    r1 = check_lineage(cast(author=member("openai/r1-1776", family="sonar"))).lineages[Role.AUTHOR, 0]
    assert r1.ancestors == {"deepseek"}


def test_simulated_members_go_by_their_declared_family() -> None:
    author, oracle = member("sim:author", family="sim-a"), member("sim:oracle", family="sim-b")
    assert check_lineage(cast(author=author, oracle=oracle)).notes == ()
    with pytest.raises(BadInput, match="family sim-a"):
        check_lineage(cast(author=author, oracle=member("sim:oracle", family="sim-a")))
    with pytest.raises(BadInput, match="sim:oracle"):
        check_lineage(cast(author=author, oracle=member("sim:oracle")))


def test_an_arbiter_must_be_unrelated_to_author_and_critic_where_one_decides() -> None:
    torn = cast(author=CLAUDE, critic=QWEN, judge=[OPUS, member("openai/qwq-32b")])
    with pytest.raises(BadInput, match="unrelated to both author and critic") as caught:
        check_lineage(torn, arbitrated=True)
    assert "qwq-32b" in caught.value.message and caught.value.where == "cast mine: judges.1"
    assert check_lineage(torn).relatives == {(Role.AUTHOR, 0): {0}, (Role.CRITIC, 0): {1}}
    loose = check_lineage(torn.model_copy(update={"allow_related": True}), arbitrated=True)
    assert [relation.roles for relation in loose.broken] == [(Role.CRITIC, Role.JUDGE)]
    kept = check_lineage(cast(author=CLAUDE, critic=QWEN, judge=[OPUS, QWEN, GPT]), arbitrated=True)
    assert kept.broken == () and kept.relatives == {(Role.AUTHOR, 0): {0}, (Role.CRITIC, 0): {1}}
    assert any("critic" in note for note in kept.notes)


def test_a_critic_of_the_authors_family_is_told() -> None:
    report = check_lineage(cast(author=CLAUDE, critic=OPUS, judge=[GPT]), arbitrated=True)
    assert report.broken == () and "The critic anthropic/claude-opus-4-1 is related to the author" in report.notes[0]


SONNET, HAIKU = member("anthropic/claude-sonnet-4-5"), member("anthropic/claude-haiku-4-5")


@pytest.mark.parametrize("panel", [[HAIKU], [HAIKU, SONNET]])
def test_a_panel_of_the_authors_relatives_alone_is_refused_by_name_and_rule(panel: list[Member]) -> None:
    with pytest.raises(BadInput, match="at least one solver must be unrelated to the author") as caught:
        check_lineage(cast(author=SONNET, solver=panel))
    assert "The solver anthropic/claude-haiku-4-5 is related to the author anthropic/claude-sonnet-4-5" in caught.value.message
    assert "Add a solver of another family" in (caught.value.fix or "") and "allow_related: true" in (caught.value.fix or "")
    assert caught.value.where == "cast mine: solvers.0"
    loose = check_lineage(cast(author=SONNET, solver=panel, allow_related=True))
    assert {relation.roles for relation in loose.broken} == {(Role.AUTHOR, Role.SOLVER)}
    assert loose.conditions == ("allow_related",) and len(loose.notes) == len(panel)


def test_one_unrelated_solver_is_enough_and_the_others_are_told() -> None:
    report = check_lineage(cast(author=SONNET, solver=[LLAMA, HAIKU]))
    assert report.broken == () and report.relatives == {}
    assert report.notes == (
        "The solver anthropic/claude-haiku-4-5 is related to the author anthropic/claude-sonnet-4-5: "
        "both are of the family claude.",
    )

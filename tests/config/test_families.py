"""A family in the spellings that people use, and none where there is none."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest

from factory.config.families import TABLE, Lineage, bare_name, declared_lineage, table_lineage
from factory.config.lineage import check_lineage, related
from factory.config.yaml import read_document
from factory.errors import BadInput
from factory.types import Cast, Member, Role

VALUE = read_document(TABLE).value
FAMILIES = sorted({family for entry in VALUE["models"] for family in (entry["family"], *entry.get("parents", ()))})
SPELLINGS: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    str.title,
    lambda name: f"  {name} ",
    lambda name: f"The {name} family",
    lambda name: f"{name}_models",
    lambda name: f"{name} LLM series",
    lambda name: name.replace("-", "_"),
    lambda name: name.replace("-", " "),
    lambda name: f"Acme Research/{name}",
)


def declared(name: str) -> Lineage:
    found = declared_lineage(name)
    assert found is not None, name
    return found


def pair(author: Member, other: Member) -> Cast:
    return Cast(name="c", members={Role.AUTHOR: (author,), Role.ORACLE: (other,)})


def test_every_pair_of_families_is_related_in_any_spelling_or_in_none() -> None:
    plain = {family: declared(family) for family in FAMILIES}
    assert [name for name, lineage in plain.items() if lineage.family != name] == []
    for spelling in SPELLINGS:
        for one, other in combinations(FAMILIES, 2):
            asked = (declared(spelling(one)), plain[other]), (plain[one], declared(spelling(other)))
            for left, right in asked:
                assert bool(related(left, right)) == bool(related(plain[one], plain[other])), (spelling(one), other)


def test_families_without_a_tie_in_the_table_are_strangers() -> None:
    tied = {frozenset({entry["family"], parent}) for entry in VALUE["models"] for parent in entry.get("parents", ())}
    kin = {family: {family, *(next(iter(pair - {family}), family) for pair in tied if family in pair)} for family in FAMILIES}
    for one, other in combinations(FAMILIES, 2):
        # Neither tied, nor tied to anything in common, at one remove or two.
        reach_one = {far for near in kin[one] for far in kin[near]}
        reach_other = {far for near in kin[other] for far in kin[near]}
        if not reach_one & reach_other:
            assert related(declared(one), declared(other)) == "", (one, other)
    majors = ["claude", "gpt", "gemini", "llama", "qwen", "deepseek", "mistral", "command", "grok", "kimi", "glm", "yi", "nova"]
    for one, other in combinations(majors, 2):
        assert related(declared(one), declared(other)) == ""


MAKERS = {**VALUE["makers"], **VALUE["aliases"]}


@pytest.mark.parametrize("name", MAKERS)
def test_a_maker_alone_is_its_family(name: str) -> None:
    for written in (name, name.upper(), f"{name} AI", name.replace("-", " "), name.replace("-", "")):
        assert declared(written).family == MAKERS[name]


@pytest.mark.parametrize(
    ("written", "family"),
    [
        *(
            (name, "gpt")
            for name in ("GPT 4", "gpt_4o", "OpenAI GPT", "open ai", "chat gpt", "Open AI's models", "GPT-4", "o 3")
        ),
        *((name, "gemini") for name in ("google deepmind", "Google", "Deep Mind")),
        *((name, "nova") for name in ("Amazon Nova", "amazon titan")),
        *((name, "claude") for name in ("sonnet", "Claude Sonnet", "anthropic opus")),
        *((name, "grok") for name in ("x.ai", "xAI", "X AI")),
        *((name, "llama") for name in ("Meta AI", "LLaMA-3.1", "Meta Llama")),
        ("Google Gemma", "gemma"),
        ("nvidia mistral-nemo", "mistral"),
        ("Microsoft WizardLM-2", "wizardlm"),
        ("deep seek v3", "deepseek"),
        ("Mistral AI", "mistral"),
    ],
)
def test_a_family_is_known_in_common_spellings(written: str, family: str) -> None:
    assert declared(written).family == family


@pytest.mark.parametrize(
    "written",
    [
        "my-mistake-7b", "acme", "openai-like", "non-OpenAI", "cerebras gpt", "bloomberg", "metamath", "novartis", "phixtral",
        "commander", "graphite", "graph i", "hippo 3", "sim-a", "yield", "meta learner", "opus mt", "solaris", "house",
    ],
)  # fmt: skip
def test_no_family_is_guessed(written: str) -> None:
    assert declared_lineage(written) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("openai/org/model-x", "openai/model-x:free"),
        ("openai/model-x", "openai/model-x-2024-01-01"),
        ("openai/Model_X", "x/model-x@20240101"),
        ("openai/ft:model-x:acme::1", "openai/model-x"),
    ],
)
def test_the_same_weights_under_two_names_are_the_same_model(one: str, other: str) -> None:
    assert bare_name(one) == bare_name(other) == "model-x"
    with pytest.raises(BadInput, match="the same model"):
        check_lineage(pair(Member(model=one, family="q"), Member(model=other, family="r")))


def test_other_weights_under_like_names_are_not() -> None:
    for one, other in (("a/model-x", "b/model-x-mini"), ("a/ft:acme:one", "b/ft:zeta:two"), ("a/2024-01-01", "b/2024-02-02")):
        assert check_lineage(pair(Member(model=one, family="q"), Member(model=other, family="r"))).broken == ()


def test_a_tag_that_the_table_knows_still_tells() -> None:
    found = table_lineage("ollama/deepseek-r1:14b")
    assert found is not None and (found.model, found.ancestors) == ("deepseek-r1", {"qwen"})


@pytest.mark.parametrize("parent", ["gpt_4o", "GPT 4o", "OpenAI GPT", "openai", "open ai"])
def test_a_parent_is_known_in_common_spellings(parent: str) -> None:
    with pytest.raises(BadInput, match="comes from gpt"):
        check_lineage(pair(Member(model="openai/tuned", family="custom", parent=parent), Member(model="openai/o1")))


def test_a_family_that_no_table_knows_is_told() -> None:
    stranger, known = Member(model="openai/tuned", family="Quen"), Member(model="openai/gpt-4o")
    (note,) = check_lineage(pair(stranger, known)).notes
    assert "quen (did you mean qwen?)" in note and "in the same words" in note
    assert check_lineage(pair(stranger.model_copy(update={"parent": "llama-3"}), known)).notes == ()
    assert check_lineage(pair(Member(model="sim:author", family="sim-a"), known)).notes == ()


def test_a_family_declared_by_another_members_name_is_a_relation() -> None:
    for one, other in (("acme-7b", "zeta"), ("Acme 7b", "zeta")):
        with pytest.raises(BadInput, match="comes from acme-7b"):
            check_lineage(pair(Member(model="a/tuned", family=one), Member(model="b/acme-7b", family=other)))

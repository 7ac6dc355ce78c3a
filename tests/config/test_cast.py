"""Casts: who is read into which seat, and who may not judge whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from factory.config import check_lineage, lineage_notes, load_cast, parse_cast, related
from factory.errors import BadInput
from factory.types import Cast, Member, Role

REHEARSAL = """\
author: {model: "sim:author", family: pen, temperature: 1.0, options: {plant: {wrong_reference: 0.1}}}
oracle:
  model: sim:oracle
  family: reader
  votes: 3
judges: [{model: sim:judge, family: reader}]
solvers:
  - {model: sim:solver, family: s1, tier: 1}
  - {model: sim:solver, family: s2, tier: 2}
"""


def cast_of(text: str) -> Cast:
    return parse_cast(text, Path("cast.yaml")).cast


def test_seats_are_read_in_slot_order(tmp_path: Path) -> None:
    (tmp_path / "rehearsal.yaml").write_text(REHEARSAL)
    loaded = load_cast("rehearsal", {"rehearsal": tmp_path / "rehearsal.yaml"})
    assert loaded.cast == load_cast(str(tmp_path / "rehearsal.yaml"), {}).cast
    assert loaded.cast.name == "rehearsal" and loaded.cast.simulated
    assert [member.tier for member in loaded.cast.seats(Role.SOLVER)] == [1, 2]
    assert loaded.cast.seats(Role.AUTHOR)[0].options == {"plant": {"wrong_reference": 0.1}}
    assert loaded.text == REHEARSAL
    check_lineage(loaded.cast, loaded.locate)
    two = cast_of("oracle: [{model: a/x, family: p}, {model: b/y, family: q}]")
    assert [member.model for member in two.seats(Role.ORACLE)] == ["a/x", "b/y"]


def test_an_unknown_name_says_what_there_is(tmp_path: Path) -> None:
    shipped = {"rehearsal": tmp_path / "r.yaml", "quick": tmp_path / "q.yaml"}
    with pytest.raises(BadInput, match=r"no cast named 'rehersal'. Did you mean 'rehearsal'\?"):
        load_cast("rehersal", shipped)
    with pytest.raises(BadInput, match="Known: quick, rehearsal"):
        load_cast("zzz", shipped)
    with pytest.raises(BadInput, match="there is no file"):
        load_cast(str(tmp_path / "gone.yaml"), shipped)
    with pytest.raises(BadInput, match="NUL"):
        load_cast("a\0b", shipped)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("auther: {model: a/b}", "cast.yaml:1: auther: unknown field 'auther'. Did you mean 'author'?"),
        ("author: {modle: a/b}", "cast.yaml:1: author.modle: unknown field 'modle' (and 1 more). Did you mean 'model'?"),
        ("author: {model: a/b, tier: 0}", "cast.yaml:1: author.tier: "),
        ("author: {model: a/b}\nsolvers: {model: a/b}", "cast.yaml:2: solvers: solvers must be a list of models"),
        ("author: [{model: a/b}]", "cast.yaml:1: author: author must be one model"),
        ("judges: []", "cast.yaml:1: judges: judges must be a list"),
        ("judges:\n  - {model: a/b}\n  - text", "cast.yaml:3: judges.1: a model is a mapping"),
        ("author: {model: gpt}", "cast.yaml:1: author.model: 'gpt' is neither"),
        ("author: {model: 'sim:'}", "cast.yaml:1: author.model: "),
        ("author: {model: a/b, api_key: x}", "cast.yaml:1: author.api_key: 'api_key' looks like a credential"),
        ("author: {model: a/b, options: {API-KEY: x}}", "cast.yaml:1: author.options.API-KEY: "),
        ("author: {model: a/b, base_url: 'http://u:p@h/v1'}", "cast.yaml:1: author.base_url: base_url is not a plain"),
        ("author: {model: a/b, base_url: 'file:///etc/passwd'}", "cast.yaml:1: author.base_url: base_url is not a plain"),
        ("author: {model: a/b, base_url: 'http://[::1'}", "cast.yaml:1: author.base_url: base_url is not a plain"),
        ("allow_related: maybe", "cast.yaml:1: allow_related: "),
        ("name: x", "cast.yaml:1: the cast names no model"),
        ("- a", "cast.yaml:1: a cast is a mapping"),
    ],
)
def test_a_wrong_cast_is_told_at_its_line(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_cast(text, Path("cast.yaml"))
    assert str(caught.value).startswith(said), str(caught.value)


def member(model: str, family: str | None = "f", parent: str | None = None) -> Member:
    return Member(model=model, family=family, parent=parent)


@pytest.mark.parametrize(
    ("left", "right", "reason"),
    [
        (member("a/x", "p"), member("b/X", "q"), "the same model"),
        (member("a/x", "p"), member("b/y", "P"), "both are of the family"),
        (member("a/x", "p", parent="b/y"), member("b/y", "q"), "was tuned from"),
        (member("a/x", "p"), member("b/y", "q", parent="p"), "was tuned from"),
        (member("a/x", "p", parent="base"), member("b/y", "q", parent="Base"), "both were tuned from"),
        (member("a/x", "p"), member("b/y", "q"), ""),
        (member("sim:author", "pen"), member("sim:oracle", "reader"), ""),
    ],
)
def test_relations_hold_both_ways(left: Member, right: Member, reason: str) -> None:
    for one, other in ((left, right), (right, left)):
        found = related(one, other)
        assert (reason in found) if reason else found == ""


def cast(**members: list[Member]) -> Cast:
    return Cast(name="c", members={Role(role): tuple(seats) for role, seats in members.items()})


def test_the_lineage_rule() -> None:
    author, kin, stranger = member("a/x", "p"), member("a/y", "p"), member("b/z", "q")
    check_lineage(cast(author=[author], oracle=[stranger], judge=[kin, stranger], solver=[kin]))
    with pytest.raises(BadInput, match="the oracle a/y is related to the author a/x: both are of the family p"):
        check_lineage(cast(author=[author], oracle=[stranger, kin]))
    with pytest.raises(BadInput, match="every judge is related"):
        check_lineage(cast(author=[author], judge=[kin, kin]))
    with pytest.raises(BadInput, match="has no family"):
        check_lineage(cast(author=[author], solver=[member("sim:solver", None)]))
    open_cast = cast(author=[author], oracle=[kin], judge=[kin]).model_copy(update={"allow_related": True})
    check_lineage(open_cast)
    with pytest.raises(BadInput, match="has no family"):
        check_lineage(open_cast.model_copy(update={"members": {Role.AUTHOR: (member("a/x", None),)}}))


def test_the_complaint_points_into_the_file() -> None:
    loaded = parse_cast(
        "author: {model: a/x, family: p}\noracle:\n  - {model: b/y, family: q}\n  - {model: c/z, family: p}", Path("c.yaml")
    )
    with pytest.raises(BadInput, match=r"c.yaml:4: oracle.1: the oracle c/z"):
        check_lineage(loaded.cast, loaded.locate)


def test_allowed_relations_are_reported() -> None:
    author, kin, stranger = member("a/x", "p"), member("a/y", "p"), member("b/z", "q")
    notes = lineage_notes(cast(author=[author], judge=[kin, stranger], solver=[member("c/w", "q")]))
    assert notes == (
        "The judge a/y is related to the author a/x: both are of the family p.",
        "The judge b/z is related to the solver c/w: both are of the family q.",
    )

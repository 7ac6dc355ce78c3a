"""Casts: who is read into which seat, and who may not judge whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from factory.budget import worst_case_nano
from factory.config import check_lineage, load_cast, parse_cast
from factory.config.prices import price_of
from factory.errors import BadInput
from factory.types import Cast, Member, Role, TokenPrice
from factory.types.cast import MOST_TOKENS, MOST_USD_PER_MTOK

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
        (
            "author:\n  model: a/b\n  price: {input: 1e12, output: 1}",
            "cast.yaml:3: author.price.input: input should be less than or equal to 1000000, not 1000000000000.0. Correct",
        ),
        ("author: {model: a/b, price: {input: 1, output: 1000001}}", "cast.yaml:1: author.price.output: "),
        ("author: {model: a/b, price: {input: 1, output: 1, cached_input: 1e300}}", "cast.yaml:1: author.price.cached_input: "),
        ("author: {model: a/b, max_tokens: 9223372036854775807}", "cast.yaml:1: author.max_tokens: "),
        ("oracle: {model: a/b, votes: 9223372036854775807}", "cast.yaml:1: oracle.votes: "),
        ("author: {model: a/b, rpm: 9223372036854775808}", "cast.yaml:1: the whole number does not fit 64 bits"),
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


def test_what_the_dearest_call_costs_fits_the_store() -> None:
    dearest = TokenPrice(input=MOST_USD_PER_MTOK, output=MOST_USD_PER_MTOK)
    price = price_of(Member(model="a/b", price=dearest))
    assert price is not None and worst_case_nano(price, MOST_TOKENS, MOST_TOKENS) < 2**63


def member(model: str, family: str | None = "f", parent: str | None = None) -> Member:
    return Member(model=model, family=family, parent=parent)


def test_the_complaint_points_into_the_file() -> None:
    loaded = parse_cast(
        "author: {model: a/x, family: p}\noracle:\n  - {model: b/y, family: q}\n  - {model: c/z, family: p}", Path("c.yaml")
    )
    with pytest.raises(BadInput, match=r"c.yaml:4: oracle.1: .*c/z"):
        check_lineage(loaded.cast, loaded.locate)

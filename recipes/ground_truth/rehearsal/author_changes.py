"""What can happen to a running total: each change writes its sentence, or returns False where no number fits."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from recipes.ground_truth.rehearsal.author_draft import Draft
from recipes.ground_truth.rehearsal.author_program import node
from recipes.ground_truth.rehearsal.author_sources import PACK_SIZES, PERIODS

Change = Callable[[Draft], bool]
_LEAST = 40


def take_some(d: Draft) -> bool:
    now = d.now
    if now < _LEAST:
        return False
    n = d.number(d.fresh(3, max(4, int(now) // 3)))
    d.say(
        d.rng.choice(
            (
                "{n} [of them|of these|{item}] were {use}.",
                "{n} [of them|{item}] were {use}, {person} noted.",
                "{n} [of them|of these|{item}] were {loss}[ {reason}|].",
                "{person} [sent|passed|carried] {n} [of them|{item}] to {party}.",
                "{n} {item} [went|were moved|left] to {party}.",
                "[the call|a request] from {party} took {n} [of them|{item}].",
                "{person} [removed|pulled|took out] {n} [of them|{item}][ {reason}|].",
                "[checks|a check] by {person} [condemned|ruled out] {n} [of them|{item}][ {reason}|].",
                "{party} used up {n} of these.",
            )
        ),
        n=n,
        use=d.phrase(d.topic.uses),
        loss=d.pick(d.topic.losses),
        reason=d.pick(d.topic.reasons),
    )
    d.apply("sub", n.expr)
    return True


def take_two(d: Draft) -> bool:
    now = d.now
    if now < 2 * _LEAST:
        return False
    a, b = d.number(d.fresh(3, int(now) // 4)), d.number(d.fresh(3, int(now) // 4))
    d.say(
        d.rng.choice(
            (
                "{a} [of them|{item}] were {use} and {b} were {loss}.",
                "{person} [sent|passed] {a} [of them|{item}] to {party} and {b} to {other}.",
                "{a} [of them|{item}] went to {party}, {b} to {other}.",
            )
        ),
        a=a,
        b=b,
        use=d.phrase(d.topic.uses),
        loss=d.pick(d.topic.losses),
        other=d.named(d.trade.parties),
    )
    d.apply("sub", a.expr)
    d.apply("sub", b.expr)
    return True


def bring_some(d: Draft) -> bool:
    n = d.number(d.fresh(5, 140))
    d.say(
        d.rng.choice(
            (
                "{n} more {item} [arrived|came in|were brought] from {gain}.",
                "{gain} [sent over|supplied|delivered] [another|a further] {n} {item}.",
                "[a late delivery|a courier|{person}] brought [another|an extra|a further] {n} {item}[ from {gain}|].",
                (
                    "{person} [found|turned up|came across] another {n} {item} [in a side room|behind the door|in the "
                    "overflow area|]."
                ),
                "[an order|a transfer] of {n} more {item} [was received|came through|was checked in].",
            )
        ),
        n=n,
        gain=d.pick(d.topic.gains),
    )
    d.apply("add", n.expr)
    return True


def bring_groups(d: Draft) -> bool:
    m, n = d.number(d.fresh(3, 15)), d.number(d.rng.choice(PACK_SIZES))
    single, plural = d.pair(d.topic.holders)
    d.say(
        d.rng.choice(
            (
                "{m} more {holders}, each [holding|with|containing] {n} {item}, [arrived|came in] from {gain}.",
                "{gain} [sent|supplied] another {m} {holders} of {n} {item}.",
                "{person} [brought|wheeled] in {m} extra {holders} with {n} {item} in each.",
                "a further {m} {holders} of {n} {item} were [received|added|taken in].",
            )
        ),
        m=m,
        n=n,
        holder=single,
        holders=plural,
        gain=d.pick(d.topic.gains),
    )
    d.apply("add", d.combine("mul", m.expr, n.expr))
    return True


def take_daily(d: Draft) -> bool:
    single, plural, low, high = d.rng.choice(PERIODS)
    now = d.now
    length = d.fresh(low, high)
    most = int(now * Fraction(2, 3)) // length
    if most < 3:
        return False
    n, m = d.number(d.rng.randint(3, min(most, 60))), d.number(length)
    d.say(
        d.rng.choice(
            (
                "over the next {m} {periods}, {party} used {n} {item} [a|each|every|per] {period}.",
                "for {m} {periods}, {n} {item} [a|each|every] {period} were {use}.",
                "{party} [drew|took] {n} [of them|{item}] [a|every|per] {period} for {m} {periods}.",
                "{n} [of them|{item}] [a|each|per] {period} were {use} [over|during] the following {m} {periods}.",
                (
                    "{person} [issued|released] {n} [of them|{item}] [every|each] {period}, [and did so|keeping this up] "
                    "for {m} {periods}."
                ),
            )
        ),
        n=n,
        m=m,
        period=single,
        periods=plural,
        use=d.phrase(d.topic.uses),
    )
    d.apply("sub", d.combine("mul", n.expr, m.expr))
    return True


def bring_daily(d: Draft) -> bool:
    single, plural, low, high = d.rng.choice(PERIODS)
    n, m = d.number(d.fresh(3, 24)), d.number(d.fresh(low, high))
    d.say(
        d.rng.choice(
            (
                "for {m} {periods}, {gain} [sent|supplied] {n} more {item} [a|each|every] {period}.",
                "over {m} {periods}, {n} extra {item} [a|per|every] {period} [arrived|came in] from {gain}.",
                "{person} added {n} more {item} [a|every|each] {period} for {m} {periods}.",
            )
        ),
        n=n,
        m=m,
        period=single,
        periods=plural,
        gain=d.pick(d.topic.gains),
    )
    d.apply("add", d.combine("mul", n.expr, m.expr))
    return True


def _whole_percents(now: Fraction, choices: tuple[int, ...]) -> list[int]:
    return [p for p in choices if (now * p / 100).denominator == 1]


def take_percent(d: Draft) -> bool:
    fits = _whole_percents(d.now, (4, 5, 8, 10, 12, 15, 20, 25, 30, 35, 40, 45, 60))
    if d.now < _LEAST or not fits:
        return False
    p = d.number(d.rng.choice(fits), "digits")
    d.say(
        d.rng.choice(
            (
                "{p}[ percent|%] of {rest_was} {loss}[ {reason}|].",
                "{p}[ percent|%] of {rest_was} {use}.",
                "{person} [sent|passed] {p}[ percent|%] of {rest} to {party}.",
                "{party} [took|claimed] {p}[ percent|%] of {rest}.",
                "[losses|spoilage|a recount] cut the [count|stock|figure] by {p}[ percent|%].",
                "the [count|stock] [fell|dropped|shrank] by {p}[ percent|%][ {reason}|].",
            )
        ),
        p=p,
        use=d.phrase(d.topic.uses),
        loss=d.pick(d.topic.losses),
        reason=d.pick(d.topic.reasons),
    )
    d.apply("sub", node("percent", d.total, p.expr))
    return True


def keep_percent(d: Draft) -> bool:
    fits = _whole_percents(d.now, (40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 88, 90, 92, 95, 96))
    if d.now < _LEAST or not fits:
        return False
    p = d.number(d.rng.choice(fits), "digits")
    d.say(
        d.rng.choice(
            (
                "only {p}[ percent|%] of [them|these|{rest}] [passed inspection|proved usable|were fit for use]; "
                "the others were {loss}.",
                "inspection [passed|cleared] only {p}[ percent|%] of [them|these], and the others were {loss}.",
                "{person} kept only {p}[ percent|%] of {rest}.",
            )
        ),
        p=p,
        loss=d.pick(d.topic.losses),
    )
    d.apply("percent", p.expr)
    return True


def grow_percent(d: Draft) -> bool:
    fits = _whole_percents(d.now, (5, 10, 15, 20, 25, 30, 40, 50))
    if not fits or d.now > 2500:
        return False
    p = d.number(d.rng.choice(fits), "digits")
    d.say(
        d.rng.choice(
            (
                "the [count|stock] [rose|grew] by {p}[ percent|%] when [a top-up|a backlog order|an overdue order] came in.",
                "a [top-up|transfer] from {gain} [raised|lifted|increased] the [count|stock] by {p}[ percent|%].",
                "{person} [raised|increased] the [count|stock] by {p}[ percent|%] with an order from {gain}.",
            )
        ),
        p=p,
        gain=d.pick(d.topic.gains),
    )
    d.apply("add", node("percent", d.total, p.expr))
    return True


def take_part(d: Draft) -> bool:
    parts = [Fraction(a, b) for a, b in ((1, 2), (1, 3), (1, 4), (1, 5), (2, 3), (3, 4), (2, 5), (3, 5), (1, 6), (3, 8))]
    fits = [part for part in parts if (d.now * part).denominator == 1]
    if d.now < _LEAST or not fits:
        return False
    f = d.number(d.rng.choice(fits), "part")
    d.say(
        d.rng.choice(
            (
                "{f} of {rest_was} {use}.",
                "{f} of [them were|these were|{rest_was}] {loss}[ {reason}|].",
                "{person} [handed|sent|passed] {f} of {rest} to {party}.",
                "{party} [took|claimed|collected] {f} of {rest}.",
            )
        ),
        f=f,
        use=d.phrase(d.topic.uses),
        loss=d.pick(d.topic.losses),
        reason=d.pick(d.topic.reasons),
    )
    d.apply("sub", node("mul", d.total, f.expr))
    return True


def share_out(d: Draft) -> bool:
    """Split equally, and go on with one share."""
    now = d.now
    fits = [k for k in range(2, 13) if now % k == 0 and now / k >= 12]
    if now < 120 or not fits:
        return False
    k = d.number(d.rng.choice(fits))
    single, plural = d.pair(d.topic.receivers)
    d.say(
        d.rng.choice(
            (
                (
                    "{rest_was} [shared|divided|split] equally [among|between] {k} {receivers}, and from here on "
                    "only one {receiver}'s share counts."
                ),
                (
                    "{person} [split|divided] {rest} evenly among {k} {receivers}; what follows concerns one {receiver}'s "
                    "share alone."
                ),
            )
        ),
        k=k,
        receiver=single,
        receivers=plural,
    )
    d.apply("div", k.expr)
    return True


CHANGES: dict[str, tuple[Change, ...]] = {
    "counts": (take_some, take_two, bring_some, bring_groups),
    "rates": (take_daily, bring_daily),
    "percentages": (take_percent, keep_percent, grow_percent),
    "fractions": (take_part,),
    "sharing": (share_out,),
}

"""How a problem ends: the last operation and its question. Each ending fits its numbers to the total, or returns False."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from recipes.ground_truth.rehearsal.author_draft import Draft
from recipes.ground_truth.rehearsal.author_program import Expr, const, node, plain_number
from recipes.ground_truth.rehearsal.author_sources import relate

Ending = Callable[[Draft], bool]


def what_is_left(d: Draft) -> bool:
    d.ask(
        "How many {item} were [left|left over|still there] [at the end|in the end|after all this|]?",
        "How many {item} remained[ in the end| after all of this|]?",
        "[After all this,|In the end,|Once all this is accounted for,] how many {item} [were there|did that leave|remained]?",
        "What was the final [count|number] of {item}?",
        "Work out how many {item} were [there|left] at the close.",
    )
    return True


def packs(d: Draft) -> bool:
    """Boxes needed, full boxes, or what does not fill a box."""
    size = d.rng.choice([k for k in (6, 7, 8, 9, 11, 12, 14, 15, 16, 18, 21, 22, 24, 26, 28, 30, 35) if k * 2 < d.now] or [0])
    if not size or d.now % size == 0:
        return False
    n = d.number(size)
    single, plural = d.pair(d.topic.holders)
    kind = d.rng.choice(("ceil_div", "floor_div", "rest"))
    slots: dict[str, Any] = {"n": n, "holder": single, "holders": plural}
    if d.rng.random() < 0.6:
        d.say(
            d.rng.choice(
                (
                    "{rest_was} [packed|loaded|put] into {holders} of {n}.",
                    "{person} [packed|stowed] {rest} in {holders} [of|that take] {n} each.",
                )
            ),
            **slots,
        )
    else:
        d.fact("[a|one|each|every] {holder} [holds|takes|has room for] [exactly|at most|] {n} {item}.", **slots)
    asked = {
        "ceil_div": (
            "How many {holders} were needed [to hold all of them|for all of them|so that nothing was left out]?",
            "What is the [smallest|least] number of {holders} that [holds|takes] all of them?",
        ),
        "floor_div": (
            "How many full {holders} did that [make|give]?",
            "How many {holders} could be filled completely?",
        ),
        "rest": (
            "How many {item} [were left|remained] after filling as many {holders} as possible?",
            "How many {item} did not fit into a full {holder}?",
        ),
    }[kind]
    d.ask(*asked, unit=d.thing.plural if kind == "rest" else plural, **slots)
    d.apply(kind, n.expr)
    return True


def shared_equally(d: Draft) -> bool:
    fits = [k for k in range(3, 25) if d.now % k == 0 and d.now / k >= 3]
    if not fits:
        return False
    k = d.number(d.rng.choice(fits))
    single, plural = d.pair(d.topic.receivers)
    slots: dict[str, Any] = {"k": k, "receiver": single, "receivers": plural}
    d.say("{rest_was} [shared|divided|split] [equally|evenly] [among|between] {k} {receivers}.", **slots)
    d.ask("How many {item} did each {receiver} [get|receive]?", "How many {item} went to each {receiver}?", **slots)
    d.apply("div", k.expr)
    return True


def split_by_ratio(d: Draft) -> bool:
    fits = [
        (a, b) for a in range(1, 10) for b in range(1, 10) if a != b and d.now % (a + b) == 0 and Fraction(a, b).numerator == a
    ]
    if not fits or d.now < 20:
        return False
    a_value, b_value = d.rng.choice(fits)
    a, b = d.number(a_value, "digits"), d.number(b_value, "digits")
    first, second = d.named(d.trade.parties), d.named(d.trade.parties)
    d.say(
        "{rest_was} [split|divided|shared] between {first} and {second} in [the ratio|a ratio of] {a}[:| to ]{b}.",
        first=first,
        second=second,
        a=a,
        b=b,
    )
    mine, name = d.rng.choice(((a, first), (b, second)))
    d.ask("How many {item} [went to|were assigned to] {name}?", "How many {item} did {name} [get|receive]?", name=name)
    share = d.combine("div", d.total, d.combine("add", a.expr, b.expr))
    d.total = d.combine("mul", share, mine.expr, count=0)
    return True


def price(d: Draft) -> bool:
    if d.now > 4000:
        return False
    cents = d.rng.random() < 0.5
    value = Fraction(d.fresh(150, 4900), 100) if cents and d.number_kind != "whole" else Fraction(d.fresh(3, 64))
    p = d.number(value, "cents")
    d.fact(
        d.rng.choice(
            (
                "[each|every|one] {one} [costs|is billed at|is worth|is priced at] ${p}.",
                "the [going|list|agreed] [price|rate] is ${p} [per|for each] {one}.",
                "the [customer|insurer|buyer] pays ${p} [per|for each|for every] {one}.",
            )
        ),
        p=p,
    )
    _pay_for(d)
    d.apply("mul", p.expr)
    return True


def _pay_for(d: Draft) -> None:
    d.ask(
        "What was the [total|combined|full] [value|cost] of the {item} [that remained|left at the end]?",
        "How much [in dollars|money] were the remaining {item} worth?",
        "What [sum|amount] [in dollars|of money] did the {item} that were left come to?",
        "What would the bill be for the {item} that [remained|were left]?",
        unit="dollars",
    )


def price_with_fee(d: Draft) -> bool:
    if d.now > 4000 or d.now < 10:
        return False
    p = d.number(d.fresh(3, 48), "cents")
    bill = d.now * p.value
    limit = d.number(max(50, int(bill * d.rng.choice((7, 8, 13, 15)) / 10) // 50 * 50), "cents")
    fee = d.number(d.fresh(12, 95), "cents")
    d.fact("[each|every|one] {one} [costs|is billed at|is priced at] ${p}.", p=p)
    d.fact(
        d.rng.choice(
            (
                "a [handling fee|surcharge|levy] of ${fee} is added to any bill [over|above] ${limit}.",
                "[bills|invoices] [above|over|of more than] ${limit} carry a [surcharge|handling fee] of ${fee}.",
                "if [the|a] bill is [more than|over|above] ${limit}, a [fixed fee|surcharge] of ${fee} is added.",
            )
        ),
        fee=fee,
        limit=limit,
    )
    d.ask(
        "What was the [final|full] bill for the {item} [that remained|left at the end]?",
        "How much [in dollars|money] was due for the remaining {item}, [any fee included|with any fee]?",
        unit="dollars",
    )
    d.apply("mul", p.expr)
    d.apply("fee_over", limit.expr, fee.expr)
    return True


def tiered_price(d: Draft) -> bool:
    if not 30 < d.now < 4000:
        return False
    first = d.number(int(d.now * d.rng.choice((3, 4, 5, 6)) / 10) // 5 * 5 or 5)
    low, high = d.number(d.fresh(9, 40), "cents"), d.number(d.fresh(2, 8), "cents")
    d.fact(
        d.rng.choice(
            (
                (
                    "the first {first} {item} [cost|are billed at|are charged at] ${low} each, and [every|any] further "
                    "{one} [costs|is billed at] ${high}."
                ),
                (
                    "[pricing is stepped|the tariff has two steps]: ${low} each for the first {first} {item} and ${high} "
                    "each for the ones beyond that."
                ),
            )
        ),
        first=first,
        low=low,
        high=high,
    )
    _pay_for(d)
    d.total = Expr("tiered", (d.total, first.expr, low.expr, high.expr))
    d.worked.append(
        f"{first.value} at {plain_number(low.value)}, the others at {plain_number(high.value)}: {plain_number(d.now)}"
    )
    d.steps += 2
    return True


def measured(d: Draft) -> bool:
    verb, unit, big, ratio, low, high, step = d.topic.measure.split()
    if d.now < 5:
        return False
    each = int(step) * d.fresh(int(low) // int(step), int(high) // int(step))
    in_big = (d.now * each / int(ratio) * 100).denominator == 1 and d.now * each > int(ratio)
    n = d.number(each)
    d.fact("[each|every|one] {one} {verb} {n} {unit}.", verb=verb, n=n, unit=unit)
    asked = f"{big}s" if in_big else unit
    d.ask(
        "What was the combined [amount|quantity] in the {item} that remained, in {asked}?"
        if verb in ("holds", "takes")
        else "What was the total weight of the {item} that remained, in {asked}?",
        "How many {asked} [do|did] the {item} [left at the end|that remained] [come to|amount to]?",
        unit=asked,
        asked=asked,
    )
    d.apply("mul", n.expr)
    if in_big:
        d.apply("div", const(int(ratio)))
    return True


def time_to_finish(d: Draft) -> bool:
    fits = [k for k in range(4, 61) if d.now % k == 0 and 2 <= d.now / k <= 60]
    if not fits:
        return False
    n = d.number(d.rng.choice(fits))
    single, plural = d.rng.choice((("hour", "hours"), ("day", "days"), ("shift", "shifts"), ("minute", "minutes")))
    slots: dict[str, Any] = {
        "n": n,
        "period": single,
        "periods": plural,
        "deed": d.rng.choice(("checks", "clears", "handles", "inspects", "scans")),
    }
    d.fact(
        d.rng.choice(
            (
                "{person} {deed} {n} {item} [a|an|per|every] {period}.".replace(
                    "[a|an|", "[an|" if single == "hour" else "[a|"
                ),
                "[the team|one clerk|the crew] {deed} {n} {item} [per|every|each] {period}.",
            )
        ),
        **slots,
    )
    d.ask(
        "How many {periods} [did|does] it take to get through the {item} that [remained|were left]?",
        "How many {periods} of work were [left|needed] [to deal with|for] the remaining {item}?",
        unit=plural,
        **slots,
    )
    d.apply("div", n.expr)
    return True


def shortfall(d: Draft) -> bool:
    n = d.number(int(d.now) + d.fresh(8, 180))
    d.fact(
        d.rng.choice(
            (
                "the [target|quota|goal] [for the period|set by {person}|] is {n} {item}.",
                "{person} [must|has to] [end with|finish on] {n} {item}.",
                "the [contract|plan|rota] [calls for|asks for] {n} {item} at the close.",
            )
        ),
        n=n,
    )
    d.ask(
        "How many more {item} were needed to [reach|meet] [the target|that figure|that number]?",
        "By how many {item} did they fall short of [the target|that figure|that number]?",
        "How many {item} short of [that figure|that number|the target] were they?",
    )
    d.apply("sub", d.total, base=n.expr)
    return True


ENDINGS: dict[str, tuple[Ending, ...]] = {
    "counts": (what_is_left, shortfall),
    "packing": (packs,),
    "sharing": (shared_equally, split_by_ratio),
    "pricing": (price, price_with_fee, tiered_price),
    "conversion": (measured,),
    "rates": (time_to_finish,),
}

# How many steps an ending adds; one where nothing is said.
STEPS_OF_ENDING = {"what_is_left": 0, "price_with_fee": 2, "tiered_price": 2, "split_by_ratio": 2}


def parties_compared(d: Draft, count: int) -> bool:
    """A whole problem of related parties: one's amount, a difference, the sum or the average is asked."""
    amounts = relate(d, count)
    if amounts is None:
        return False
    if d.rng.random() < 0.5:
        amounts = _hand_over(d, amounts)
    kinds = ["one", "sum", "average", "difference"]
    total = amounts[0][1]
    for _, amount in amounts[1:]:
        total = node("add", total, amount)
    if (d.value(total) * 100 / count).denominator != 1:
        kinds.remove("average")
    kind = d.rng.choice(kinds)
    if kind == "one":
        name, d.total = amounts[-1]
        d.ask("How many {item} did {name} [account for|end up with|come to]?", "What was the figure for {name}?", name=name)
        return True
    if kind == "difference":
        (left, left_expr), (right, right_expr) = sorted(d.rng.sample(amounts, 2), key=lambda pair: -d.value(pair[1]))
        if d.value(left_expr) == d.value(right_expr):
            return False
        d.total = d.combine("sub", left_expr, right_expr)
        d.ask(
            "How many more {item} did {left} account for than {right}?",
            "By how many {item} did {left} exceed {right}?",
            left=left,
            right=right,
        )
        return True
    d.total = total
    d.steps += 1
    if kind == "sum":
        d.worked.append(f"all together {plain_number(d.now)}")
        d.ask(
            "How many {item} did [they all|all of them] account for [together|altogether|in total]?",
            "What was the [combined total|grand total] of {item}?",
        )
        return True
    d.apply("div", const(count))
    d.ask(
        "What was the average number of {item} [for each of them|per party|among them]?",
        "On average, how many {item} did each of them account for?",
    )
    return True


def _hand_over(d: Draft, amounts: list[tuple[str, Expr]]) -> list[tuple[str, Expr]]:
    """One party passes some on to another."""
    giver, taker = d.rng.sample(range(len(amounts)), 2)
    most = int(d.value(amounts[giver][1])) // 2
    if most < 4:
        return amounts
    n = d.number(d.fresh(2, most))
    d.say(
        "{giver} [afterwards|then|later] [passed|handed|sent] {n} {item} to {taker}.",
        linked=False,
        n=n,
        giver=amounts[giver][0],
        taker=amounts[taker][0],
    )
    changed = dict(amounts)
    changed[amounts[giver][0]] = d.combine("sub", amounts[giver][1], n.expr)
    changed[amounts[taker][0]] = d.combine("add", amounts[taker][1], n.expr, count=0)
    return list(changed.items())

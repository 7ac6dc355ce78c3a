"""How a problem begins: where its running total comes from. Each source writes its sentences and sets the total."""

from __future__ import annotations

from fractions import Fraction

from recipes.ground_truth.rehearsal.author_draft import Draft, Number
from recipes.ground_truth.rehearsal.author_program import Expr, fill

PACK_SIZES = (4, 6, 8, 10, 12, 14, 15, 16, 18, 20, 24, 25, 28, 30, 32, 36, 40, 45, 48, 50, 60)
PERIODS = (
    ("day", "days", 3, 14),
    ("hour", "hours", 3, 11),
    ("week", "weeks", 2, 8),
    ("shift", "shifts", 3, 9),
    ("night", "nights", 3, 9),
)


def opening_count(d: Draft) -> bool:
    step = d.rng.choice((1, 2, 5, 10, 20, 20))
    n = d.number(step * d.fresh(90 // step, 960 // step))
    d.say(
        d.rng.choice(
            (
                (
                    "[At the start of the week|To begin with|At first light|When the doors opened|On Monday morning|When "
                    "the shift began], {site} [had|held] {n} {items} [in stock|on the shelf|ready|]."
                ),
                "there were {n} {items} [in|at] {site} [at the start|when the shift began|to begin with|before work started].",
                "{person} counted {n} {items} [at|in] {site}.",
                "the opening count [at|in] {site} was {n} {item}[, all of them in good order|].",
                "{site} [opened|started|began] [the day|the week|the month] with {n} {items}.",
                (
                    "{n} {items} were [waiting|standing ready|stacked|on hand] [at|in] {site} [when {person} came on "
                    "duty|that morning|]."
                ),
                "[the ledger|the stock card|the screen] [showed|listed|gave] {n} {items} [for|at] {site}.",
                "[a delivery|a consignment] of {n} {items} reached {site}.",
                "[according to|going by] [the count sheet|the handover book], {site} had {n} {items}.",
            )
        ),
        linked=False,
        n=n,
    )
    d.total = n.expr
    return True


def opening_groups(d: Draft) -> bool:
    m, n = d.number(d.fresh(5, 36)), d.number(d.rng.choice(PACK_SIZES))
    single, plural = d.pair(d.topic.holders)
    _say_groups(d, m, n, single, plural, "")
    d.apply("mul", n.expr, base=m.expr)
    return True


def opening_groups_and_loose(d: Draft) -> bool:
    m, n = d.number(d.fresh(4, 30)), d.number(d.rng.choice(PACK_SIZES[3:]))
    k = d.number(d.fresh(3, int(n.value) - 1) if n.value > 5 else 3)
    single, plural = d.pair(d.topic.holders)
    _say_groups(
        d,
        m,
        n,
        single,
        plural,
        d.rng.choice((" and another {k} loose {item}", ", plus {k} loose {item}", ", besides {k} loose {item}")),
        k,
    )
    d.apply("mul", n.expr, base=m.expr)
    d.apply("add", k.expr)
    return True


def _say_groups(d: Draft, m: Number, n: Number, single: str, plural: str, tail: str, k: Number | None = None) -> None:
    frames = [
        "{site} [had|received|took in|unpacked] {m} {holders} of {items}, [each holding {n} {item}|each with {n} {item} inside|"
        "with {n} in each {holder}|{n} to the {holder}]" + tail + ".",
        "{m} {holders}, each [containing|holding|packed with] {n} {items}"
        + tail
        + ", [came to|were brought to|reached] {site}.",
        "{person} [unloaded|opened|checked in] {m} {holders} with {n} {items} in each" + tail + ".",
        "there were {m} {holders} of {n} {items}" + tail + " [at|in] {site}.",
        "on the floor of {site} stood {m} {holders}, every {holder} filled with {n} {items}" + tail + ".",
    ]
    d.say(d.rng.choice(frames), linked=False, m=m, n=n, holder=single, holders=plural, k=k or "")


def opening_rate(d: Draft) -> bool:
    single, plural, low, high = d.rng.choice(PERIODS)
    n, m = d.number(d.fresh(14, 96)), d.number(d.fresh(low, high))
    d.say(
        d.rng.choice(
            (
                "{site} [prepared|took in|set aside|built up] {n} {items} [a|each|every|per] {period} for {m} {periods}.",
                "for {m} {periods}, {person} [booked in|collected|gathered] {n} {items} [a|every|each] {period}.",
                "over {m} {periods}, {n} {items} [a|per|every] {period} [came into|were stored at|piled up in] {site}.",
                "a steady {n} {items} [per|a] {period} [reached|entered] {site} over [a stretch|a run] of {m} {periods}.",
            )
        ),
        linked=False,
        n=n,
        m=m,
        period=single,
        periods=plural,
    )
    d.apply("mul", m.expr, base=n.expr)
    return True


def relate(d: Draft, count: int) -> list[tuple[str, Expr]] | None:
    """Write `count` parties whose amounts hang together by comparisons, in an order that need not be that of solving.

    Returns each party's name and amount; None (and nothing written) is not possible here, numbers are chosen to fit.
    """
    verbs = d.rng.choice(
        (
            ("took", "take"),
            ("ordered", "order"),
            ("used", "use"),
            ("needed", "need"),
            ("held", "hold"),
            ("handled", "handle"),
            ("had", "have"),
        )
    )
    names = _party_names(d, count)
    base = d.number(d.rng.choice((12, 10, 20, 6)) * d.fresh(3, 16))
    sentences = [
        _told(
            d,
            d.rng.choice(
                (
                    "{name} {verb} {n} {items}.",
                    "{n} {items} were [put down to|counted for|logged for] {name}.",
                    "{name}, [busy as ever|as usual|for its part], {verb} {n} {items}.",
                )
            ),
            name=names[0],
            verb=verbs[0],
            n=base,
        )
    ]
    amounts: list[tuple[str, Expr]] = [(names[0], base.expr)]
    for name in names[1:]:
        standard, standard_expr = d.rng.choice(amounts)
        amount, sentence = _compare(d, name, verbs[0], standard, standard_expr)
        amounts.append((name, amount))
        sentences.append(sentence)
    if d.rng.random() < 0.35:
        sentences = sentences[1:] + sentences[:1]
    d.story += sentences
    return amounts


def _party_names(d: Draft, count: int) -> list[str]:
    pattern = d.pick(d.trade.parties)
    if d.rng.random() < 0.3:
        return [d.person() for _ in range(count)]
    proper = []
    for _ in range(count):
        shape = pattern if d.rng.random() < 0.6 else d.pick(d.trade.parties)
        proper.append(d.named(shape))
    return proper


def _told(d: Draft, frame: str, **more: object) -> str:
    return fill(frame, d.slots(**more), d.rng)


def _compare(d: Draft, name: str, verb: str, standard: str, base: Expr) -> tuple[Expr, str]:
    value = d.value(base)
    kinds = ["more", "more", "times"]
    if value > 30:
        kinds += ["fewer", "fewer"]
    if any((value * p / 100).denominator == 1 for p in (10, 20, 25, 50)):
        kinds += ["percent", "percent"]
    if any((value / k).denominator == 1 for k in (2, 3, 4)):
        kinds.append("part")
    kind = d.rng.choice(kinds)
    if kind in ("more", "fewer"):
        n = d.number(d.fresh(4, 28))
        amount = d.combine("add" if kind == "more" else "sub", base, n.expr)
        larger = "larger" if kind == "more" else "smaller"
        above = "above" if kind == "more" else "below"
        frame = d.rng.choice(
            (
                f"{{name}} {{verb}} {{n}} {kind} [{{item}} |]than {{standard}}.",
                f"{{name}} {{verb}} {{n}} {kind} than {{standard}}[, by {{person}}'s reckoning|].",
                f"the figure for {{name}} was {{n}} [{{item}} |]{larger} than that for {{standard}}.",
                f"the figure for {{name}} came out {{n}} {above} that for {{standard}}.",
            )
        )
        return amount, _told(d, frame, name=name, verb=verb, standard=standard, n=n)
    if kind == "times":
        n = d.number(d.rng.choice((2, 2, 3, 3, 4)), "times")
        frame = d.rng.choice(
            (
                "{name} {verb} {n} as many [{item} |]as {standard}.",
                "as for {name}, it came to {n} as many [{item} |]as {standard}.",
            )
        )
        if not name.startswith("the ") and "as for" in frame:
            frame = "{name} {verb} {n} as many [{item} |]as {standard}."
        return d.combine("mul", base, n.expr), _told(d, frame, name=name, verb=verb, standard=standard, n=n)
    if kind == "part":
        k = d.rng.choice([k for k in (2, 3, 4) if (value / k).denominator == 1])
        n = d.number(Fraction(1, k), "part")
        frame = (
            "{name} {verb} {n} as many [{item} |]as {standard}." if k == 2 else "{name} {verb} {n} of what {standard} {verb}."
        )
        return d.combine("mul", base, n.expr), _told(d, frame, name=name, verb=verb, standard=standard, n=n)
    p = d.rng.choice([p for p in (10, 20, 25, 50) if (value * p / 100).denominator == 1])
    n = d.number(p, "digits")
    more = d.rng.random() < 0.6
    word = "more" if more else "fewer"
    share = d.combine("percent", base, n.expr, count=0)
    frame = f"{{name}} {{verb}} {{n}}[ percent|%] {word} [{{item}} |]than {{standard}}."
    return d.combine("add" if more else "sub", base, share), _told(d, frame, name=name, verb=verb, standard=standard, n=n)


def opening_parties(d: Draft, count: int) -> bool:
    """Several related parties whose amounts are then brought together."""
    amounts = relate(d, count) or []
    total = amounts[0][1]
    for _, amount in amounts[1:]:
        total = d.combine("add", total, amount, count=0)
    d.total = total
    d.steps += 1
    d.story.append(
        _told(
            d,
            d.rng.choice(
                (
                    "[everything|all of it] was [then pooled|brought together|put together] [at|in] {site}.",
                    "{person} [pooled|combined] [these lots|the lots|these amounts] [at|in] {site}.",
                    "[their|these] lots were [combined|merged|pooled] into one stock.",
                    "taken together, these made up the stock [at|of] {site}.",
                )
            ),
        )
    )
    return True

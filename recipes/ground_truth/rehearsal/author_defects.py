"""The defects a rehearsal author plants, each sound in every other respect so that its own gate is the one to catch it."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from recipes.ground_truth.rehearsal.author_changes import bring_some, take_percent, take_some
from recipes.ground_truth.rehearsal.author_draft import Draft
from recipes.ground_truth.rehearsal.author_endings import what_is_left
from recipes.ground_truth.rehearsal.author_program import Composition, const, node, plain_number
from recipes.ground_truth.rehearsal.author_sources import opening_count, opening_groups, opening_rate
from recipes.ground_truth.rehearsal.author_story import Plan, compose, finish
from recipes.ground_truth.rehearsal.author_traps import contradictory, missing_assumption, unnatural

GATES = {
    "wrong_reference": "oracle",
    "anchor_copy": "novelty",
    "leaked_answer": "structure",
    "malformed": "structure",
    "incomplete": "structure",
    "ambiguous": "counter",
    "contradictory": "counter",
    "missing_assumption": "counter",
    "unnatural": "realism",
    "too_easy": "difficulty",
}
Payload = dict[str, Any]


def payload_of(made: Composition) -> Payload:
    return {"prompt": made.text, "answer": plain_number(made.answer), "solution": made.solution, "unit": made.unit}


def wrong_reference(plan: Plan, rng: random.Random) -> Payload:
    """A sound problem whose reference stops one step short: the slip people in a hurry make too.

    So part of a panel agrees with it, its solve rate looks like that of any good item, and only an independent solution tells.
    """
    for _ in range(200):
        made = compose(plan, rng)
        short = _one_step_short(made)
        if short is None:
            continue
        out = payload_of(made)
        shown = out["answer"]
        out["answer"] = plain_number(short)
        out["solution"] = made.solution.replace(f"Answer: {shown} ", f"Answer: {out['answer']} ")
        return out
    raise RuntimeError(f"no problem with a step to leave out fits {plan}")


def _one_step_short(made: Composition) -> Fraction | None:
    """What the program comes to before its last operation, where that could pass for an answer and the working shows it."""
    values = [leaf.value for leaf in made.leaves]
    short = next((arg.value(values) for arg in made.program.args if arg.args), None)
    if short is None or short <= 0 or short in (made.answer, *values) or (short * 100).denominator != 1:
        return None
    return short if plain_number(short) in re.findall(r"\d+(?:\.\d+)?", made.solution) else None


def leaked_answer(plan: Plan, rng: random.Random) -> Payload:
    """A sound problem that tells its answer somewhere in the prompt."""
    made = compose(plan, rng)
    out = payload_of(made)
    answer, unit = out["answer"], made.unit
    told = rng.choice(
        (
            f"(Answer: {answer})",
            f"(Answer: {answer} {unit})",
            f"Hint: you should get {answer} {unit}.",
            f"The correct answer is {answer}.",
            f"Check that you get {answer} {unit}.",
            f"Worked out: {made.solution}",
            f"Expected result: {answer}",
            f"For checking, the final answer should be {answer}.",
            f"#### {answer}",
        )
    )
    if rng.random() < 0.3 and "\n" not in made.text:
        first, _, rest = made.text.partition(". ")
        out["prompt"] = f"{first}. {told if told.endswith(('.', ')')) else told + '.'} {rest}"
    else:
        out["prompt"] = made.text + rng.choice((" ", "\n", "\n\n")) + told
    return out


def malformed(plan: Plan, rng: random.Random) -> Payload:
    """A complete item, and solvable, whose text is not fit to be read: a template's slot, debris, a sentence broken off."""
    made = compose(replace(plan, style="story"), rng)
    out = payload_of(made)
    spoil = rng.choice((_with_slot, _with_slot, _with_debris, _with_loose_end))
    out["prompt"] = spoil(out["prompt"], rng)
    return out


def incomplete(plan: Plan, rng: random.Random) -> str:
    """A reply that is no whole item, as JSON text, since it need not be JSON.

    No ablation of one gate lets these pass: what does not fit its own type is accepted by nothing, and a prompt without its
    question is solved by nobody. So the shipped cast plants none; they are there for whoever rehearses a sloppy model.
    """
    out = payload_of(compose(replace(plan, style="story"), rng))
    kind = rng.choice(("missing", "type", "json", "empty", "cut"))
    if kind == "missing":
        del out[rng.choice(("prompt", "answer", "solution"))]
    elif kind == "type":
        field, value = rng.choice((("answer", [out["answer"]]), ("prompt", {"text": out["prompt"]}), ("solution", None)))
        out[field] = value
    elif kind == "empty":
        out["prompt"] = rng.choice(("", "   ", "\n"))
    elif kind == "cut":
        out["prompt"] = _cut(out["prompt"], rng)
    text = json.dumps(out, ensure_ascii=False)
    return text[: rng.randint(len(text) // 3, len(text) - 2)] if kind == "json" else text


def _with_slot(prompt: str, rng: random.Random) -> str:
    slots = ("[INSERT NAME]", "Written for {{topic}}.", "[PRODUCT]", "TODO: name the supplier.", "Set in [LOCATION].", "TBD.")
    return _between_sentences(prompt, rng.choice(slots), rng)


def _with_debris(prompt: str, rng: random.Random) -> str:
    return _between_sentences(prompt, rng.choice(("\ufffd\ufffd", "\x1b[0m", "\u202e", "\x07")), rng)


def _with_loose_end(prompt: str, rng: random.Random) -> str:
    return prompt + rng.choice((" (as agreed with the", " This is because the", " Note that,", " [see the sheet for"))


def _between_sentences(prompt: str, piece: str, rng: random.Random) -> str:
    parts = re.split(r"(?<=[.?!]) ", prompt)
    parts.insert(rng.randint(0, len(parts) - 1), piece)
    return " ".join(parts)


def _cut(prompt: str, rng: random.Random) -> str:
    """The prompt broken off within a word, before its question."""
    told = [part for part in re.split(r"(?<=[.?!])\s+", prompt) if "?" not in part and not part.startswith("Work out")]
    last = told[-1]
    words = list(re.finditer(r"[A-Za-z]{5,}", last))[1:] or list(re.finditer(r"[A-Za-z]{4,}", last))
    word = rng.choice(words)
    return " ".join([*told[:-1], last[: word.start() + rng.randint(2, len(word[0]) - 2)]])


# --- a sentence with two readings -------------------------------------------------------------------------------------


def ambiguous(plan: Plan, rng: random.Random) -> Payload:
    """A problem whose answer hangs on how one sentence is read; the reference follows one of the readings."""
    for _ in range(200):
        d = Draft(rng, plan.trade, plan.topic, "digits", links=False)
        twist = rng.choice(_TWISTS)
        if not twist(d):
            continue
        made = finish(d, replace(plan, style=rng.choice(("story", "list", "memo")), distractors=0))
        if made is not None:
            return payload_of(made)
    raise RuntimeError(f"no ambiguous problem fits {plan}")


def _two_percents(d: Draft) -> bool:
    opening_count(d)
    bring_some(d)
    p, q = d.number(d.rng.choice((10, 20, 25, 40)), "digits"), d.number(d.rng.choice((5, 15, 30, 50)), "digits")
    d.say(
        "[after two orders,|within the month,] the stock [rose|grew|increased] by {p} and {q} percent.", linked=False, p=p, q=q
    )
    for rate in (p, q):
        d.apply("add", node("percent", d.total, rate.expr))
    return take_some(d) and what_is_left(d)


def _which_half(d: Draft) -> bool:
    n, m = d.number(2 * d.fresh(60, 300)), d.number(2 * d.fresh(6, 28))
    single, plural = d.pair(d.topic.holders)
    part = d.number(Fraction(1, 2), "part")
    d.say(
        "{person} [took in|checked in|counted] {n} {items} and {m} {holders} [at|in] {site}.",
        linked=False,
        n=n,
        m=m,
        holders=plural,
        holder=single,
    )
    d.say("{part} of them were {loss}.", linked=False, part=part, loss=d.pick(d.topic.losses))
    d.total = n.expr
    d.apply("sub", node("mul", n.expr, part.expr))
    return bring_some(d) and take_some(d) and what_is_left(d)


def _every_other_day(d: Draft) -> bool:
    opening_count(d)
    n = d.number(d.fresh(5, 24))
    days, weeks = d.rng.choice(((7, "a week"), (7, "one week"), (21, "three weeks")))
    if d.now <= n.value * days:
        return False
    d.say(
        f"[after that,|from then on,] {{n}} {{item}} were {{use}} every [other|second] day for {weeks}.",
        linked=False,
        n=n,
        use=d.phrase(d.topic.uses),
    )
    d.apply("sub", d.combine("mul", n.expr, const((days + 1) // 2)))
    return bring_some(d) and take_some(d) and what_is_left(d)


def _two_discounts(d: Draft) -> bool:
    opening_count(d)
    take_some(d)
    price = d.number(d.fresh(4, 30), "cents")
    off, p = d.number(d.rng.choice((20, 30, 50, 80)), "cents"), d.number(d.rng.choice((10, 20, 25)), "digits")
    d.fact("[each|every] {one} [costs|is billed at] ${price}.", price=price)
    d.say("a discount of ${off} and [a discount|one] of {p} percent are both taken off the bill.", linked=False, off=off, p=p)
    d.ask("What was the final bill for the {item} that remained?", unit="dollars")
    d.apply("mul", price.expr)
    d.apply("sub", off.expr)
    d.apply("sub", node("percent", d.total, p.expr))
    return True


def _times_more(d: Draft) -> bool:
    first, second = d.named(d.trade.parties), d.named(d.trade.parties)
    n, k = d.number(d.fresh(20, 90)), d.number(d.rng.choice((3, 4, 5)), "words")
    d.say("{first} [took|used|ordered] {n} {items}.", linked=False, first=first, n=n)
    d.say("{second} [took|used|ordered] {k} times more {item} than {first}.", linked=False, first=first, second=second, k=k)
    d.say("[everything|all of it] was pooled [at|in] {site}.", linked=False)
    d.total = node("add", n.expr, d.combine("mul", n.expr, k.expr))
    return take_some(d) and bring_some(d) and what_is_left(d)


_TWISTS: tuple[Callable[[Draft], bool], ...] = (_two_percents, _which_half, _every_other_day, _two_discounts, _times_more)


# --- one step ---------------------------------------------------------------------------------------------------------


def too_easy(plan: Plan, rng: random.Random) -> Payload:
    """A sound problem of one step."""
    for _ in range(200):
        d = Draft(rng, plan.trade, plan.topic, "digits", links=False)
        start = rng.choice((opening_count, opening_count, opening_groups, opening_rate))
        done = start(d)
        if start is opening_count:
            done = rng.choice((take_some, bring_some, take_percent))(d)
        if done and d.steps == 1 and what_is_left(d):
            made = finish(d, replace(plan, style=rng.choice(("story", "list", "message")), distractors=0))
            if made is not None:
                return payload_of(made)
    raise RuntimeError(f"no easy problem fits {plan}")


WRITERS: dict[str, Callable[[Plan, random.Random], Payload]] = {
    "wrong_reference": wrong_reference,
    "leaked_answer": leaked_answer,
    "malformed": malformed,
    "ambiguous": ambiguous,
    "contradictory": lambda plan, rng: payload_of(contradictory(plan, rng)),
    "missing_assumption": lambda plan, rng: payload_of(missing_assumption(plan, rng)),
    "unnatural": lambda plan, rng: unnatural(payload_of(compose(plan, rng)), rng),
    "too_easy": too_easy,
}
"""The kinds that are written as an item; `incomplete` is written as text, `anchor_copy` needs examples."""

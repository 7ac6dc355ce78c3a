"""The structure gate: what it stops, what it must let through, and both on real problems."""

from __future__ import annotations

import asyncio
import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from factory.errors import BadInput
from factory.gate import GateContext
from factory.types import Axis, AxisValue, Coordinate, Finding, Item, Outcome, Spec
from gates.prose.form import asks, broken_end, control_character, placeholder
from gates.prose.language import mismatch
from gates.prose.leak import leak
from gates.prose.numbers import mentions, number_of
from gates.structure import ANSWER_IN_PROMPT, Structure

GSM8K = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "gsm8k"


class Problem(BaseModel):
    prompt: str
    answer: str


def context(language: str = "en") -> GateContext:
    axis = Axis(name="topic", values=(AxisValue(value="a"),))
    spec = Spec(name="s", recipe="r", brief="b", axes=(axis,), language=language)
    return GateContext(spec=spec, task=None, corpus=None, rng=random.Random(0), members={})  # type: ignore[arg-type]


def item(prompt: str, answer: str) -> Item:
    raw = {"prompt": prompt, "answer": answer}
    return Item("c-1", 0, 0, Coordinate((("topic", "a"),)), raw, Problem(**raw))


def check(prompt: str, answer: str = "17.5", *, language: str = "en", gate: Structure | None = None) -> Finding:
    return asyncio.run((gate or Structure()).check(item(prompt, answer), context(language)))


BOXES = "A crate holds 6 rows of 7 jars. How many jars does it hold?"

LEAKS = [
    (f"{BOXES} (Answer: 42)", "42"),
    (f"{BOXES} Answer: 42.", "42"),
    (f"{BOXES}\nANS 42", "42"),
    (f"{BOXES}\nAns. 42", "42"),
    (f"{BOXES} Hint: you should get 42 kg.", "42"),
    (f"{BOXES} Hint: you should get 42 kg.", "42 kg"),
    (f"{BOXES} Hint: the result is forty-two.", "42"),
    (f"{BOXES} The result comes to 42.", "42"),
    (f"{BOXES} It works out to 42.", "42"),
    (f"{BOXES} It should come to 42 jars.", "42"),
    (f"{BOXES} (It comes to 42 jars.)", "42"),
    (f"{BOXES} Someone had already worked it out as 42 jars.", "42"),
    (f"The result, 42 jars, stood on the lid. {BOXES}", "42"),
    (f"[42 jars] {BOXES}", "42"),
    ("A crate holds 6 x 7 = 42 jars. How many jars does it hold?", "42"),
    ("A crate has 6 rows of 7 jars, so 6 * 7 = <<6*7=42>>42 jars. How many jars does it hold?", "42"),
    ("Janet has 16 - 3 - 4 = 9 eggs left and sells each for $2, so 9 * 2 = $18. How much does she make?", "18"),
    ("It has 6 rows times 7 jars = 42 jars. How many jars are there?", "42"),
    ("6 times 7 is 42. How many jars are in 6 rows of 7?", "42"),
    (f"{BOXES} #### 42", "42"),
    (f"{BOXES} $\\boxed{{42}}$", "42"),
    (f"{BOXES} 42", "42"),
    (f"{BOXES} (42)", "42"),
    (f"{BOXES} 42 jars.", "42"),
    (f"{BOXES} **Answer:** 42", "42"),
    (f'{BOXES} {{"answer": 42}}', "42"),
    (f"{BOXES} The correct answer is 42.", "42"),
    (f"{BOXES} The expected answer should be about 42.", "42"),
    (f"{BOXES} Note that 42 is the correct answer.", "42"),
    (f"{BOXES} Show that it is 42.", "42"),
    (f"{BOXES} Therefore the crate holds 42.", "42"),
    (f"{BOXES} You will end up with 42 jars.", "42"),
    (f"{BOXES} Solution: 1,250.00", "1250"),
    (f"{BOXES} Solution: $1,250", "1250.00"),
    (f"{BOXES} The answer is one thousand two hundred and fifty.", "1,250"),
    (f"{BOXES} The answer is 2.5 million.", "2500000"),
    (f"{BOXES} The answer is 3/4.", "0.75"),
    (f"{BOXES} The answer is -5.", "-5"),
    (f"{BOXES} A: 42", "42"),
    (f"{BOXES}\nA: 42", "42"),
    ("The capital of France is Paris. What is the capital of France?", "Paris"),
    ("The contract was signed on 2024-01-05. Which date is it dated to?", "2024-01-05"),
    ("Which letter names it: A) iron, B) gold? (Answer: B)", "B"),
    ("Is 91 a prime number? The answer is no.", "no"),
    (f"The correct response is 42. {BOXES}", "42"),
    (f"The reply should be 42. {BOXES}", "42"),
    (f"The right number is 42 jars. {BOXES}", "42"),
    (f"We know the total is 42. {BOXES}", "42"),
    (f"The value you want is 42. {BOXES}", "42"),
    (f"You are looking for 42. {BOXES}", "42"),
    (f"The number sought is 42. {BOXES}", "42"),
    (f"What they asked for is 42. {BOXES}", "42"),
    (f"The total we're after should be 42 jars. {BOXES}", "42"),
    (f"{BOXES} In the end there were 42 jars.", "42"),
    ("A crate holds 6 rows of 7 jars. Find the number of jars. It comes to 42.", "42"),
    ("A crate holds 6 rows of 7 jars. Find the number of jars. That makes 42 jars.", "42"),
    ("A crate holds 6 rows of 7 jars. Find the number of jars. So it is 42.", "42"),
    ("A crate holds 6 rows of 7 jars. Find the number of jars. That's 42.", "42"),
    ("Which letter names it: A) iron, B) gold? The right choice is B.", "B"),
    ("Name the bone. The femur is the longest bone of the body. Which is the longest?", "femur"),
]

NO_LEAKS = [
    ("They will end up with 8 marbles each if Ann gives 4 away. How many does each have now?", "8"),
    ("He counted all, 12 sheep in the pen and 5 outside it. How many sheep stood in the pen?", "12"),
    ("Shops: [3 apples] and [4 pears] stand in two baskets. How many apples are there?", "3"),
    ("Serves [4 people]. Two cups of rice feed them. How many people eat?", "4"),
    ("The meeting must end up at 3 pm at the latest. At what hour does it end?", "3"),
    (BOXES, "42"),
    ("Ann has 42 jars and buys 6 more, then gives 6 away. How many jars does she have?", "42"),
    ("Solve 4x - 9 = 3 for x.", "3"),
    ("If y = 7 and x + 5 = 12, what is x?", "7"),
    ("One dozen is 12 eggs. A tray holds 144 eggs in dozens. How many dozens?", "12"),
    ("There are 1 foot = 12 inches. How many inches are in one foot?", "12"),
    ("Tom is 12 years old. In 6 years he will be twice his cousin's age minus 6. How old is the cousin?", "12"),
    ("What is the cost per serving? (Round to 2 decimal places.)", "2"),
    ("What is 10 + 32?\nA) 12\nB) 42\nC) 52", "42"),
    ("Which is heavier per volume, gold or iron?", "gold"),
    ("Which metal is it?\nA) Copper\nB) Silver\nC) Nickel", "Silver"),
    ("Is every even number the sum of two odd primes? Answer true or false.", "true"),
    ("The total was 42 before the discount and the tip. What is the tip rate in percent?", "15"),
    ("A bill comes to $56 for 7 people. How much does each pay?", "8"),
    ("A train leaves at 10:42 and travels 3 hours. In what minute of the hour does it arrive?", "42"),
    ("In 1942 a shop sold 6 boxes of 7 lamps. How many lamps is that?", "42"),
    ("A rope of 142 m is cut at 100 m. How long is the rest in metres?", "42"),
    ("Which of the options is right, A, B or C, if f(2) = 4?", "A"),
    ("Write the first letter of the answer to: what colour is the sky?", "b"),
    ("We are looking for 3 consecutive numbers that add up to 12. What is the smallest of them?", "3"),
    ("The number sought is 12 smaller than its double. What is it?", "12"),
    ("The final number is 4 times the first, which was 1. What is it?", "4"),
    ("The required amount is 9 ml for each kg of weight. A dog weighs 4 kg. How many ml does it get in 9 days?", "9"),
    ("Find the number of jars left. There were 42 jars and half were sold.", "42"),
    ("Give your answer as a whole number. 3 boxes hold 9 jars; how many jars fill 1 box?", "3"),
]


@pytest.mark.parametrize(("prompt", "answer"), LEAKS)
def test_an_answer_given_away_is_found(prompt: str, answer: str) -> None:
    finding = check(prompt, answer)
    assert finding.outcome is Outcome.REPAIR
    assert "answer_in_prompt" in [defect["reason"] for defect in finding.evidence["defects"]], finding


@pytest.mark.parametrize(("prompt", "answer"), NO_LEAKS)
def test_a_value_in_a_neutral_place_passes(prompt: str, answer: str) -> None:
    finding = check(prompt, answer)
    assert finding.outcome is Outcome.PASS, finding.detail


def test_a_value_in_a_neutral_place_is_flagged() -> None:
    finding = check("Ann has 42 jars and buys 6 more, then gives 6 away. How many jars does she have?", "42")
    assert finding.flags == (ANSWER_IN_PROMPT,)
    assert check(BOXES, "42").flags == ()


DEFECTS = [
    ("[NAME] buys 4 pens at $2 each. How much does [NAME] pay?", "placeholder"),
    ("[PERSON 1] buys 4 pens at $2 each. How much is that?", "placeholder"),
    ("[Insert name] buys 4 pens at $2 each. How much is that?", "placeholder"),
    ("{{customer_name}} buys 4 pens at $2 each. How much is that?", "placeholder"),
    ("{name} buys 4 pens at $2 each. How much is that?", "placeholder"),
    ("<insert name> buys 4 pens at $2 each. How much is that?", "placeholder"),
    ("<FIRST_NAME> buys 4 pens at $2 each. How much is that?", "placeholder"),
    ("The [DRUG] is kept cold. Ann buys 4 boxes at $2 each. How much is that?", "placeholder"),
    ("Ann buys 4 [product] at $2 each. How much does she pay?", "placeholder"),
    ("The [Drug Name] is kept cold. Ann buys 4 boxes at $2 each. How much is that?", "placeholder"),
    ("Ann works for <name> and buys 4 pens at $2 each. How much is that?", "placeholder"),
    ("<PATIENT> takes 4 pills a day. How many does he take in a week?", "placeholder"),
    ("Each <item_1> costs $2. How much do 4 cost?", "placeholder"),
    ("{PATIENT} takes 4 pills a day. How many does he take in a week?", "placeholder"),
    ("Ann buys 4 of the {0} at $2 each. How much does she pay?", "placeholder"),
    ("The %s costs $2. How much do 4 cost?", "placeholder"),
    ("The PLACEHOLDER costs $2. How much do 4 cost?", "placeholder"),
    ("Ann buys 4 [blank] at $2 each. How much does she pay?", "placeholder"),
    ("Ann buys ____ pens at $2 each and pays $8. How much is one?", "placeholder"),
    ("Ann buys the ___ENTITY___ at $2. What is the price of 4?", "placeholder"),
    ("Ann buys the (insert item here) at $2. What is the price of 4?", "placeholder"),
    ("Each ${ware} costs $2. How much do 4 cost?", "placeholder"),
    ("Mr. [surname] buys 4 pens at $2 each. How much is that?", "placeholder"),
    ("TODO: write the story. Ann buys 4 pens at $2 each. How much is that?", "placeholder"),
    ("Ann buys XXX pens at $2 each. How much is that?", "placeholder"),
    ("Lorem ipsum dolor. Ann buys 4 pens at $2 each. How much is that?", "placeholder"),
    ("Ann buys 4 pens at $2 each. The price is TBD. How much is that?", "placeholder"),
    ("Ann buys 4 pens at $2 each and then gives half of", "truncated"),
    ("Ann buys 4 pens at $2 each, and then,", "truncated"),
    ("Ann buys 4 pens at $2 each. How much does she pay if the (sales tax", "truncated"),
    ("Ann buys 4 pens. She pays two dollars for each. How much does she pay for th", "truncated"),
    ("Ann buys 4 pens. How many? Later on that day she goes to the market", "truncated"),
    ("What does this print?\n```python\nprint(1)", "truncated"),
    ("Ann has 4 pens and sells two. Later on, what was left was shared even", "truncated"),
    ("Ann buys 4 pens at $2 each and goes home.", "no_question"),
    ("When Ann went to the shop she bought 4 pens, which cost $2 each.", "no_question"),
    ("Wie viel kostet das? Anna kauft vier Stifte und jeder Stift kostet zwei Euro.", "wrong_language"),
    ("Anna compra cuatro lápices y cada uno de los lápices cuesta dos euros. ¿Cuánto paga en total?", "wrong_language"),
    ("Аня купила четыре ручки по два рубля. Сколько она заплатила?", "wrong_language"),
    ("小明买了四支笔,每支两元,他一共付了多少钱?请写出计算的过程和答案。", "wrong_language"),
    ("Ann buys 4 pens\x1b[31m at $2 each. How much does she pay?", "control_characters"),
    ("Ann buys 4 pens\u202e at $2 each. How much does she pay?", "control_characters"),
    ("How much?", "too_short"),
    ("Ann buys pens. " * 700 + "How many?", "too_long"),
]

SOUND = [
    "Compute det(A) for A = [[1, 2], [3, 4]].",
    "What does `{{ user|upper }}` render to in Jinja if user is 'ann'?",
    "Simplify $\\frac{{a}}{{b}} \\cdot x^{{2}}$ for a = b.",
    "Her TODO list has 12 items; she strikes 5. How many remain?",
    "Which year was Super Bowl XXX played in?",
    "The card ends in XXXX-1234. How many digits are masked if each X hides one?",
    "Write the interval of x with x >= 0 and x < 1 in the form [0, 1)",
    "Choose the right statement.\nA) Ice floats\nB) Ice sinks",
    "What is printed?\n```python\nprint([1, 2][0])\n```",
    "How much did John spend altogether",
    "Each book costs $4 and he buys 3, calculate the total amount he pays",
    "Calculate the mass in kg",
    "List the prime factors of 360:",
    "Solve for x: 3x + 7 = 22",
    "SELECT COUNT(*) FROM t WHERE a > 3; what does it return for an empty t?",
    "kubectl get pods -n prod: which namespace is queried?",
    "Mount /dev/sda1 TCP UDP HTTP DNS: which of these is a device?",
    "Le Monde sold 3 papers and El País sold 4. How many papers were sold?",
    "Write <b>bold</b> text around x < 3 in HTML. How many tags are there?",
    "Translate to English: 'Anna kauft vier Stifte.' How many pens is that?",
    "He is 5' 10\" tall (about 178 cm). What is that in feet?",
    "Press [Enter] twice and then <Ctrl>+<C> once. How many keys did you press?",
    "According to Smith [1] and [Smith 2020], how many cells divide in the interval [0, 1]?",
    "See the [documentation](https://example.org/a). What does the flag do?",
    "What does the tag <title> hold in a page, and what do <div> and <span> do?",
    'The witness said: "In [London] he saw [him] run." Where was the witness?',
    "If [A] = 2 M and the [ATP] is 3 mM, what is the rate k[A][B] for k = 1?",
    "What does LIKE '%s' match, and what does the %s specifier print?",
    "Let S = {0} and T = {a}. How many elements has the union of {0} and {a}?",
    "What does vector<int> v; List<String> w; arr[i] mean?",
    "The capital of France is ____. Which city is it?",
    "Complete the row: 2, 4, ____ and 8. What stands in the gap?",
    "What does echo $HOME print, and how do the $PATH variable and %PATH% differ?",
    "Options: [A] 3 [B] 4 [C] 5. Which is 2 + 2?",
    "What is a placeholder in a form? Explain what (insert mode) is in vim.",
    "Read the poem:\nroses are red\nviolets are blue\n\nHow many colours does it name?",
]


@pytest.mark.parametrize(("prompt", "reason"), DEFECTS)
def test_a_defect_is_sent_back_with_its_reason(prompt: str, reason: str) -> None:
    finding = check(prompt)
    assert finding.outcome is Outcome.REPAIR
    assert reason in [defect["reason"] for defect in finding.evidence["defects"]], finding.detail
    assert finding.reason == finding.evidence["defects"][0]["reason"]


@pytest.mark.parametrize("prompt", SOUND)
def test_a_sound_prompt_passes(prompt: str) -> None:
    finding = check(prompt)
    assert finding.outcome is Outcome.PASS, finding.detail


@pytest.mark.parametrize(
    ("language", "prompt"),
    [
        ("de", "Anna kauft vier Stifte und jeder Stift kostet zwei Euro. Wie viel bezahlt sie?"),
        ("pt-BR", "A Ana comprou quatro canetas e cada uma custa dois reais. Quanto ela pagou no total?"),
        ("ru", "Аня купила четыре ручки по два рубля. Сколько она заплатила?"),
        ("zh", "小明买了四支笔,每支两元,他一共付了多少钱?"),
        ("ja", "太郎さんは二ドルのペンを四本買いました。全部でいくらですか?"),
        ("ru", "Что напечатает print(sorted([3, 1, 2]))?"),
        ("tlh", "nuqneH tlhIngan maH 'ej batlh maHegh taH pagh taHbe'"),
    ],
)
def test_other_languages_pass_when_they_are_wanted(language: str, prompt: str) -> None:
    assert check(prompt, language=language).outcome is Outcome.PASS


@pytest.mark.parametrize("language", ["de", "fr", "ru", "ja"])
def test_english_is_noticed_when_another_language_is_wanted(language: str) -> None:
    assert check(
        "Ann buys four pens and each of the pens costs two dollars. How much does she pay?", language=language
    ).reason == ("wrong_language")


def test_a_payload_that_does_not_fit_is_malformed_and_says_why() -> None:
    odd = Item("c-1", 0, 0, Coordinate(()), {"prompt": 3}, None, unfit="prompt: input should be a valid string")
    finding = asyncio.run(Structure().check(odd, context()))
    assert (finding.outcome, finding.reason) == (Outcome.REPAIR, "malformed")
    assert "valid string" in finding.detail


def test_missing_texts_are_named() -> None:
    assert check("   ", "42").reason == "no_prompt"
    assert check(BOXES, " ").reason == "no_answer"
    assert check(BOXES, " ", gate=Structure(answer_field="")).outcome is Outcome.PASS
    assert check(BOXES, "42", gate=Structure(prompt_field="task")).reason == "no_prompt"


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        (BOXES.replace(". ", ".&nbsp;"), "markup"),
        (f"<p>{BOXES}</p>", "markup"),
        (BOXES.replace(". ", ".\\n"), "markup"),
        ("A crate holds 6 rows of 7 jars. Wie viele waren es am Ende insgesamt?", "wrong_language"),
        ("A crate holds 6 rows of 7 jars. ¿Cuántos había al final?", "wrong_language"),
    ],
)
def test_leftovers_of_a_page_and_a_question_in_another_language(prompt: str, reason: str) -> None:
    assert check(BOXES).outcome is Outcome.PASS and check(prompt).reason == reason


@pytest.mark.parametrize(
    "prompt",
    [
        "Which HTML tag makes a paragraph, <p> or <b>?",
        "What does print('a\\nB') show, and on how many lines?",
        "Why does my browser show &nbsp; instead of a space?",
        "Find <p> and <i> for the current of 3 A. What is their sum?",
        "If a<b>c, how many of the three are larger than c?",
        "How do you say 'Wie viele waren es?' in English?",
        "Translate into English: Wie viel kostet das Brot?",
        "Translate this sentence to English.\nOù est la gare de Lyon à la fin ?",
        "A French menu asks: Que voulez-vous pour le dessert? Is this formal?",
        "Solve the three: i, z, w?",
        "What number replaces [?] in 2, 4, [?]?",
        "How does doubling [X] change the rate if [Y] stays as it was?",
    ],
)
def test_what_speaks_of_markup_or_of_a_language_may_hold_some(prompt: str) -> None:
    assert check(prompt).reason not in ("markup", "placeholder", "wrong_language")


@pytest.mark.parametrize("working", ["   ", "6 x 7 = 4\x7f2", "6 x 7 = [NUMBER]", "6 x 7 ="])
def test_further_fields_hold_text_or_nothing(working: str) -> None:
    class Worked(Problem):
        solution: str

    gate = Structure(further_fields=("solution", "unit"))

    def judged(solution: str) -> Finding:
        raw = {"prompt": BOXES, "answer": "42", "solution": solution}
        return asyncio.run(gate.check(Item("c-1", 0, 0, Coordinate((("topic", "a"),)), raw, Worked(**raw)), context()))

    assert judged("6 x 7 = 42").outcome is Outcome.PASS and judged("").outcome is Outcome.PASS
    found = judged(working)
    assert found.outcome is Outcome.REPAIR and found.reason == "further_field" and "'solution'" in found.detail


def test_settings_are_obeyed() -> None:
    assert check("Ann buys 4 pens and goes home.", gate=Structure(must_ask=False)).outcome is Outcome.PASS
    assert check(BOXES, gate=Structure(max_chars=30)).reason == "too_long"
    with pytest.raises(BadInput, match="min_chars"):
        Structure(min_chars=10, max_chars=5)


def test_all_defects_are_told_at_once() -> None:
    finding = check("[NAME] buys 4 pens at $2 each and then gives half of")
    assert [defect["reason"] for defect in finding.evidence["defects"]] == ["placeholder", "truncated", "no_question"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,250.50 and 3/4 and -2", ["2501/2", "3/4", "-2"]),
        ("two hundred and five men, 2 million, 1e5", ["205", "2000000", "100000"]),
        ("5-3 and v2 and 10:42", ["5", "3", "10", "42"]),
        ("two three, twenty one", ["21"]),
    ],
)
def test_numbers_are_read(text: str, values: list[str]) -> None:
    assert [str(mention.value) for mention in mentions(text)] == values


@pytest.mark.parametrize("answer", ["2024-01-05", "B", "x = 3 or 4", "Paris", "3, 4", "12 apples and 3 pears"])
def test_an_answer_that_is_not_one_number_has_no_value(answer: str) -> None:
    assert number_of(answer) is None


@pytest.mark.parametrize(
    ("answer", "value"), [("42 kg", 42), ("$1,250.00", 1250), ("forty-two", 42), ("-5", -5), ("9 m/s^2", 9)]
)
def test_a_number_with_its_unit_has_a_value(answer: str, value: int) -> None:
    assert number_of(answer) == value


def test_real_problems_are_let_through() -> None:
    if not GSM8K.is_dir():
        pytest.skip("GSM8K IS ABSENT (../shared/data/gsm8k): the gate's false stops on real problems were NOT measured")
    rows = [json.loads(line) for line in (GSM8K / "test.jsonl").read_text().splitlines()]
    rows += [json.loads(line) for line in (GSM8K / "train.jsonl").read_text().splitlines()[:1000]]
    findings = [check(row["question"], row["answer"].rsplit("####", 1)[1].strip()) for row in rows]
    stopped = [
        (row["question"], found.reason) for row, found in zip(rows, findings, strict=True) if found.outcome is not Outcome.PASS
    ]
    assert len(rows) == 2319
    assert len(stopped) <= 0.01 * len(rows), stopped[:5]


def _leaked(question: str, answer: str, way: int) -> str:
    ways: list[Any] = [
        f"{question} (Answer: {answer})",
        f"{question} Hint: you should get {answer}.",
        f"{question} The result comes to {answer}.",
        f"{question} {answer}",
        f"{question}\nANS {answer}",
    ]
    return str(ways[way % len(ways)])


def test_leaks_planted_in_real_problems_are_caught() -> None:
    if not GSM8K.is_dir():
        pytest.skip("GSM8K IS ABSENT (../shared/data/gsm8k): the gate's catch rate on real problems was NOT measured")
    rows = [json.loads(line) for line in (GSM8K / "test.jsonl").read_text().splitlines()[:500]]
    missed = []
    for number, row in enumerate(rows):
        answer = row["answer"].rsplit("####", 1)[1].strip()
        if not leak(_leaked(row["question"], answer, number), answer).given_away:
            missed.append(_leaked(row["question"], answer, number)[-120:])
    assert len(missed) <= 0.01 * len(rows), missed[:10]


def test_a_cut_in_a_real_problem_is_mostly_seen() -> None:
    if not GSM8K.is_dir():
        pytest.skip("GSM8K IS ABSENT (../shared/data/gsm8k): truncation on real problems was NOT measured")
    rng = random.Random(7)
    questions = [json.loads(line)["question"] for line in (GSM8K / "test.jsonl").read_text().splitlines()[:400]]
    cut = [text[: rng.randrange(len(text) // 3, len(text) - 3)] for text in questions]
    seen = sum(bool(broken_end(text)) or not asks(text) for text in cut)
    assert seen >= 0.8 * len(cut)


@pytest.mark.parametrize("piece", ["<ab> ", "[ab] ", "the {x", "____ a ", "(add ", "%s ", "is 3 ", "you want "])
def test_long_texts_take_no_time(piece: str) -> None:
    began = time.process_time()
    placeholder(piece * 10_000)
    leak(piece * 1_000, "3")
    assert time.process_time() - began < 2


def test_the_leaves_are_pure_text_functions() -> None:
    assert control_character("plain\ttext\n") == ""
    assert placeholder("A sound text.") == ""
    assert mismatch("", "en") == ""

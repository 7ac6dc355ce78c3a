"""The reader works problems out from their text: sound ones, and ones in which a number was changed after writing."""

from __future__ import annotations

import ast
import random
from fractions import Fraction
from pathlib import Path

import pytest

import recipes.ground_truth.rehearsal as rehearsal
from recipes.ground_truth.rehearsal.author_changes import CHANGES
from recipes.ground_truth.rehearsal.author_endings import ENDINGS
from recipes.ground_truth.rehearsal.author_program import Composition
from recipes.ground_truth.rehearsal.author_words import PEOPLE, PROPER
from recipes.ground_truth.rehearsal.author_words_freight import FREIGHT
from recipes.ground_truth.rehearsal.author_words_pharmacy import PHARMACY
from recipes.ground_truth.rehearsal.reader import features, read, solve
from recipes.ground_truth.rehearsal.reader_ambiguity import two_readings
from tests.recipes.drawing import compositions

FOLDER = Path(rehearsal.__file__).parent


def test_the_reader_solves_what_the_author_writes() -> None:
    unsolved = [made.text for made in compositions(300) if solve(made.text) != made.answer]
    assert len(unsolved) <= 4, unsolved[:2]


def test_the_reader_follows_a_changed_number() -> None:
    rng = random.Random(5)
    followed = tried = 0
    for made in compositions(260, start=1_000):
        altered = _altered(made, rng)
        if altered is None or tried == 200:
            continue
        text, answer = altered
        tried += 1
        followed += solve(text) == answer
    assert tried == 200
    assert followed >= 190


def _altered(made: Composition, rng: random.Random) -> tuple[str, Fraction] | None:
    """One number of the text changed so that its answer changes: by what the program says, not the reader."""
    for leaf in rng.sample(sorted(made.program.leaves()), len(made.program.leaves())):
        old = made.leaves[leaf]
        if old.style == "part":
            continue
        text, answer = made.altered(leaf, old.value + rng.choice((1, 2, 3)))
        if answer > 0 and answer != made.answer:
            return text, answer
    return None


def test_an_altered_text_differs_in_the_number_alone() -> None:
    for made in compositions(20):
        leaf = min(made.program.leaves())
        start, end = made.spans[leaf]
        if made.leaves[leaf].style == "part":
            continue
        text, _ = made.altered(leaf, made.leaves[leaf].value + 1)
        assert text[:start] == made.text[:start]
        assert text.endswith(made.text[end:])
        assert text != made.text


def test_sound_problems_have_one_reading() -> None:
    assert not [made.text for made in compositions(300) if two_readings(made.text)]


def test_every_operation_is_reached() -> None:
    written = {name for made in compositions(900) for name in made.operations}
    changes = {change.__name__ for kind in CHANGES.values() for change in kind}
    endings = {ending.__name__ for kind in ENDINGS.values() for ending in kind}
    openings = {"opening_count", "opening_groups", "opening_groups_and_loose", "opening_rate", "parties", "comparison"}
    assert written == changes | endings | openings


def test_an_unplanted_problem_is_never_one_step_for_the_reader() -> None:
    assert min(features(made.text, read(made.text)).steps for made in compositions(300)) >= 2


def test_author_and_reader_share_no_module() -> None:
    author, reader = _reachable("author"), _reachable("reader")
    assert author and reader
    assert not author & reader


def _reachable(stem: str) -> set[str]:
    """The recipe's modules that the files named `<stem>*.py` are or import, transitively."""
    found: set[str] = set()
    queue = [path.stem for path in FOLDER.glob(f"{stem}*.py")]
    while queue:
        name = queue.pop()
        if name in found:
            continue
        found.add(name)
        for imported in _imports(FOLDER / f"{name}.py"):
            assert imported.startswith("recipes.ground_truth.rehearsal."), f"{name} reaches outside the rehearsal: {imported}"
            queue.append(imported.rsplit(".", 1)[1])
    return found


def _imports(path: Path) -> list[str]:
    """The recipes' and gates' modules a file imports, wherever in it, `from package import module` included."""
    out = []
    for step in ast.walk(ast.parse(path.read_text())):
        if isinstance(step, ast.ImportFrom) and step.module:
            names = [step.module] if step.module != rehearsal.__name__ else [f"{step.module}.{a.name}" for a in step.names]
        elif isinstance(step, ast.Import):
            names = [alias.name for alias in step.names]
        else:
            continue
        out += [name for name in names if name.split(".")[0] in ("recipes", "gates", "scripts")]
    return out


def test_the_reader_holds_none_of_the_authors_names_or_things() -> None:
    sources = "\n".join(path.read_text() for path in FOLDER.glob("reader*.py")).lower()
    words = {part.lower() for name in (*PEOPLE, *PROPER) for part in name.split()}
    for trade in (PHARMACY, FREIGHT):
        for topic in trade.topics.values():
            words |= {thing.full.lower() for thing in topic.all_things()}
    words -= {"elif"}  # Elif is a name, and a keyword of the language the reader is written in.
    held = sorted(word for word in words if f" {word} " in sources or f'"{word}"' in sources)
    assert not held


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("A kiosk had 90 kites. It sold 12 kites a day for 3 days. How many kites were left?", 54),
        ("Mona owns 12 stamps. Raj owns twice as many stamps as Mona. How many stamps do they own together?", 36),
        ("There were 8 crates of 24 mangoes at the market. 25% of them were rotten. How many mangoes were left?", 144),
        ("A farm had 250 pears. They were packed into trays of 12. How many full trays did that make?", 20),
        ("A farm had 250 pears. They were packed into trays of 12. How many pears remained after filling as many trays "
         "as possible?", 10),
    ],
)  # fmt: skip
def test_the_reader_reads_problems_nobody_composed(text: str, answer: int) -> None:
    assert solve(text) == answer

"""What a probe measured, shown: from recorded outcomes, or from the receipts of a probe job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from factory.ports import JobRecord
from factory.report import status_json
from factory.report.probe import JudgeLine, SetReport, judge_lines, set_report
from factory.report.probe_json import probe_json
from factory.statistics import Estimate
from factory.statistics.outcomes import Cell, OutcomeTable
from factory.statistics.separability import BesideRandom, Separability
from factory.statistics.sequential import Design, Sequential
from factory.types import Candidate
from gates.difficulty import Difficulty
from gates.judged import Judged
from scripts.commands.look import print_status
from scripts.console import clean, say, say_json, show
from scripts.live_truth import truths
from store import SqlStore

_BAR = 40
MAJORITY = "their majority"


def print_probe(store: SqlStore, job_id: str, url: str, json: bool) -> None:
    """The status of a probe job, then what its receipts measured so far."""
    job = store.job(job_id)
    candidates = list(store.candidates(job_id=job_id))
    report, notes = live_report(job, candidates)
    if json:
        say_json(probe_json(report, "live", None, tuple(notes)) | {"job": status_json(store.snapshot(job_id))})
        return
    print_status(store, job_id, url, False)
    say()
    say_report(report, None, notes)


def live_report(job: JobRecord, candidates: Sequence[Candidate]) -> tuple[SetReport, list[str]]:
    """What a probe job's landed candidates measured: solve rates from confirmation calls, or from answers that were judged."""
    panel, judges = job.inputs["panel"], job.inputs["judges"]
    cells: list[Cell] = []
    marks: list[tuple[str, str, bool | None, bool | None]] = []
    right = truths(job, candidates)
    answered: dict[tuple[str, int], list[int]] = {}
    for candidate in candidates:
        for answer in _answers(candidate):
            truth = right.get((candidate.index, answer["slot"], answer["sample"]), answer["correct"])
            if truth is not None:
                tally = answered.setdefault((candidate.id, answer["slot"]), [0, 0])
                tally[0] += 1
                tally[1] += truth
            marks += _marks(answer, truth, panel, judges)
        for slot, rate in (candidate.measures.get("pass_rate") or {}).items():
            cells.append(Cell(candidate.id, panel[int(slot)], rate["n"], rate["passes"]))
    notes = []
    bands = {candidate.id: str(candidate.measures.get("band", "")) for candidate in candidates}
    if cells:
        confirmed = len({cell.item for cell in cells})
        if confirmed < len(candidates):
            notes.append(
                f"solve rates are of the {confirmed} items that were confirmed, of {len(candidates)}; --all-bands confirms "
                "every item that reaches the difficulty gate"
            )
    else:
        cells = [Cell(item, panel[slot], n, c) for (item, slot), (n, c) in answered.items()]
    table = OutcomeTable.from_cells(cells)
    report = set_report(
        table,
        [bands[item] for item in table.items],
        _wanted(candidates),
        items=job.policy.cap,
        counts=Counter(band for band in bands.values() if band),
        judges=judge_lines(marks),
    )
    return report, notes


def _wanted(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """The bands that the difficulty gate kept, as its receipts say."""
    for candidate in candidates:
        for receipt in candidate.receipts:
            if receipt.gate == Difficulty.name:
                return tuple(receipt.settings["wanted"])
    return ()


def _answers(candidate: Candidate) -> Sequence[Mapping[str, Any]]:
    found = [receipt for receipt in candidate.receipts if receipt.gate == Judged.name]
    return found[-1].finding.evidence.get("answers", ()) if found else ()


def _marks(
    answer: Mapping[str, Any], truth: bool | None, panel: Sequence[str], judges: Sequence[str]
) -> list[tuple[str, str, bool | None, bool | None]]:
    solver = panel[answer["slot"]]
    marks = [(judges[int(slot)], solver, verdict, truth) for slot, verdict in answer["verdicts"].items()]
    if len(judges) > 1:
        said = [verdict for _, _, verdict, _ in marks if verdict is not None]
        majority = None if 2 * sum(said) == len(said) else 2 * sum(said) > len(said)
        marks.append((MAJORITY, solver, majority, truth))
    return marks


# --- for people -------------------------------------------------------------------------------------------------------


def say_report(report: SetReport, rule: Design | None, notes: Sequence[str]) -> None:
    say(
        f"{report.tried} of {report.items} items tried, by {len(report.models)} model{'s' * (len(report.models) != 1)}; "
        f"intervals at {report.level:.0%}, those of solve rates clustered by item"
    )
    for note in notes:
        say(note)
    if not report.tried:
        return
    _say_models(report)
    _say_bands(report, rule)
    _say_histogram(report)
    _say_apart(report)
    _say_item_total(report)
    if report.judges:
        _say_judges(report)


def _say_models(report: SetReport) -> None:
    said = any(line.file_rate is not None for line in report.models)
    titles = ["model", "items", "calls", "solve rate", *(["the file says", "graded otherwise"] if said else [])]
    rows = []
    for line in report.models:
        name = f"{line.name} (held out)" if line.held_out else line.name
        row = [name, str(line.items), str(line.calls), _cell(line.rate)]
        if said:
            row += [
                "-" if line.file_rate is None else f"{line.file_rate:.3f}",
                "-" if line.differ is None else str(line.differ),
            ]
        rows.append(row)
    _table(titles, rows)


def _say_bands(report: SetReport, rule: Design | None) -> None:
    if not report.counts:
        return
    say("bands: " + _counted(report.counts))
    banding = report.banding
    if banding is None:
        return
    name = "the sequential test" if isinstance(rule, Sequential) else "a fixed number of rounds"
    needs = ", ".join(f"{band} {least or 'more than its cap'}" for band, least in banding.least.items())
    if banding.counts["undecided"]:
        say(
            f"  {banding.counts['undecided']} items cannot be decided from these calls by the difficulty gate's rule ({name}): "
            f"too few, or too near an edge; the fewest calls of each model that can decide: {needs}"
        )
    if banding.uneven:
        say(f"  {banding.uneven} of those have not the same number of calls of every model, so no whole rounds")
    say(f"  by the plain rate alone, which no test stands behind: {_counted(banding.plain)}")


def _say_histogram(report: SetReport) -> None:
    found, most = report.histogram, max(report.histogram.counts)
    say("items by solve rate:")
    for at, number in enumerate(found.counts):
        closing = "]" if at == len(found.counts) - 1 else ")"
        bar = "#" * round(_BAR * number / most) if most else ""
        say(f"  [{found.edges[at]:.1f}, {found.edges[at + 1]:.1f}{closing} {number:>6}  {bar}".rstrip())
    say(f"  solved by no call {found.none}, by every call {found.all}")


def _say_apart(report: SetReport) -> None:
    apart = report.apart
    if apart.paired is None or apart.unpaired is None:
        say(f"separability: none ({apart.why})")
        return
    say(f"separability of all items: paired {_pairs(apart.paired)}, unpaired {_pairs(apart.unpaired)}, at {report.level:.0%}")
    if apart.why_kept:
        say(f"  of the kept items: none ({apart.why_kept})")
        return
    say(f"  of the {apart.kept_items} kept items ({', '.join(report.kept)}), beside random subsets of as many:")
    held_out = [line.name for line in report.models if line.held_out]
    beside = [
        ("all models, which chose them too" if not held_out else "all models", apart.kept_paired, apart.kept_unpaired),
        (f"held-out models ({', '.join(held_out)})", apart.heldout_paired, apart.heldout_unpaired),
    ]
    for name, paired, unpaired in beside:
        if paired is not None and unpaired is not None:
            say(f"    {name}: paired {_beside(paired)}; unpaired {_beside(unpaired)}")
    if held_out and apart.heldout_paired is None:
        say("    held-out models: none (separability needs at least two of them)")


def _say_item_total(report: SetReport) -> None:
    total = report.item_total
    if total is None:
        say("point-biserial: none (it needs three models that differ, and items that some calls pass)")
        return
    lowest = ", ".join(f"{item} {value:+.2f}" for item, value in total.lowest)
    say(
        f"point-biserial of {total.defined} items: mean {total.mean:+.3f}, median {total.median:+.3f}; {total.negative} are "
        f"negative (lowest: {lowest})"
    )


def _say_judges(report: SetReport) -> None:
    overall = [line for line in report.judges if not line.model] or list(report.judges)
    for line in overall:
        found = line.confusion
        judged, true, bias = found.judged_accuracy(), found.true_accuracy(), found.bias()
        if judged is not None and true is not None and bias is not None:
            say(
                f"judge ({line.judge}) says {100 * judged.value:.1f} %, truth says {100 * true.value:.1f} % of {found.both} "
                "answers: a difference of "
                f"{100 * bias.value:+.1f} points [{100 * bias.low:+.1f}, {100 * bias.high:+.1f}]"
            )
    titles = ["in %: judge", "answers of", "with truth", "judge says", "truth says", "sensitivity", "specificity", "wrong"]
    rows = []
    for line in report.judges:
        found = line.confusion
        rates = (found.judged_accuracy(), found.true_accuracy(), found.sensitivity(), found.specificity(), found.disagreement())
        rows.append([line.judge, line.model or "all", str(found.both), *map(_percent, rates)])
    _table(titles, rows)
    for line in report.judges:
        _say_left(line)


def _say_left(line: JudgeLine) -> None:
    found, name = line.confusion, f"{line.judge} on {line.model or 'all'}"
    if found.unjudged:
        say(f"  {name}: {found.unjudged} answers have no verdict")
    if found.unlabelled:
        share = f"{100 * found.unlabelled_passed / found.unlabelled:.1f} %"
        corrected = f", corrected for its errors {100 * line.corrected:.1f} %" if line.corrected is not None else ""
        say(f"  {name}: {found.unlabelled} answers have no known truth; it says {share} of them are right{corrected}")


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False)
    for at, title in enumerate(titles):
        table.add_column(title, justify="right" if at else "left", overflow="fold", no_wrap=at > 0)
    for row in rows:
        table.add_row(*map(clean, row))
    show(table)


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.items())


def _pairs(found: Separability) -> str:
    left = f" ({found.left_out} left out)" if found.left_out else ""
    return f"{found.separated} of {found.pairs} pairs of models{left}"


def _beside(found: BesideRandom) -> str:
    own = f"{found.chosen.separated} of {found.chosen.pairs} pairs"
    if found.random_mean is None or found.random_low is None or found.random_high is None:
        return own
    pairs = found.chosen.pairs
    return (
        f"{own}, at random {pairs * found.random_mean:.1f} ({pairs * found.random_low:.0f} to {pairs * found.random_high:.0f})"
    )


def _cell(estimate: Estimate | None) -> str:
    return "-" if estimate is None else f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def _percent(estimate: Estimate | None) -> str:
    return "-" if estimate is None else f"{100 * estimate.value:.1f} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"

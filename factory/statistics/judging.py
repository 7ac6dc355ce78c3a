"""What a judge's verdicts are worth: its confusion table against truth, and the accuracy it reports beside the true one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from factory.statistics.estimates import Estimate, count, within
from factory.statistics.intervals import LEVEL, difference, wilson


@dataclass(frozen=True)
class Confusion:
    """Answers by truth and verdict. unjudged: without a verdict; unlabelled: judged, but without a known truth.

    Every estimate is None where no answer of the kind it speaks of was seen.
    """

    true_passed: int
    true_failed: int
    false_passed: int
    false_failed: int
    unjudged: int = 0
    unlabelled: int = 0
    unlabelled_passed: int = 0

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            object.__setattr__(self, name, count(name, getattr(self, name)))
        if self.unlabelled_passed > self.unlabelled:
            raise ValueError("more unlabelled answers were passed than there are")

    @property
    def both(self) -> int:
        """Answers with a verdict and a known truth."""
        return self.true_passed + self.true_failed + self.false_passed + self.false_failed

    def sensitivity(self, level: float = LEVEL) -> Estimate | None:
        """The share of right answers that the judge passed."""
        return _rate(self.true_passed, self.true_passed + self.false_failed, level)

    def specificity(self, level: float = LEVEL) -> Estimate | None:
        """The share of wrong answers that the judge failed."""
        return _rate(self.true_failed, self.true_failed + self.false_passed, level)

    def judged_accuracy(self, level: float = LEVEL) -> Estimate | None:
        """The accuracy the judge reports, on answers whose truth is known: the one `true_accuracy` stands beside."""
        return _rate(self.true_passed + self.false_passed, self.both, level)

    def true_accuracy(self, level: float = LEVEL) -> Estimate | None:
        return _rate(self.true_passed + self.false_failed, self.both, level)

    def disagreement(self, level: float = LEVEL) -> Estimate | None:
        """The share of verdicts that are wrong: the flip rate of a judge that errs at random."""
        return _rate(self.false_passed + self.false_failed, self.both, level)

    def bias(self, level: float = LEVEL) -> Estimate | None:
        """Judged minus true accuracy of the same answers, in [-1, 1], with Newcombe's paired interval (see `difference`)."""
        judged, true = self.judged_accuracy(level), self.true_accuracy(level)
        if judged is None or true is None:
            return None
        return difference(judged, true, self._phi())

    def corrected(self, judged: float) -> float | None:
        """The true accuracy behind a judged one on other answers of the kind, in [0, 1].

        (judged + specificity - 1) / (sensitivity + specificity - 1), Rogan and Gladen 1978 (American Journal of Epidemiology
        107:71-76). None when the judge does no better than chance or one of its rates is unknown.
        """
        judged = within("an accuracy", judged, 0, 1)
        sensitivity, specificity = self.sensitivity(), self.specificity()
        if sensitivity is None or specificity is None:
            return None
        power = sensitivity.value + specificity.value - 1
        return min(1.0, max(0.0, (judged + specificity.value - 1) / power)) if power > 1e-9 else None

    def _phi(self) -> float:
        """How judged and true accuracy go together, with Newcombe's continuity correction (1998, method 10): without it a judge
        that erred nowhere yet would be certain to have no bias.
        """
        a, b, c, d = self.true_passed, self.false_passed, self.false_failed, self.true_failed
        size, together = math.sqrt((a + b) * (c + d) * (a + c) * (b + d)), a * d - b * c
        corrected = max(together - self.both / 2, 0.0) if together > 0 else together
        return corrected / size if size else 0.0


def confusion(judged: Sequence[bool | None], true: Sequence[bool | None]) -> Confusion:
    """The table of verdicts against truths, answer by answer; None: no verdict, or no known truth. Raises ValueError for
    lists of different lengths, TypeError for what is neither.
    """
    if len(judged) != len(true):
        raise ValueError(f"{len(judged)} verdicts for {len(true)} answers")
    for said in (*judged, *true):
        # 1 and 0 are as good; NaN or a word would be no answer at all, and count as a difference.
        if said is not None and said not in (True, False):
            raise TypeError(f"a verdict or a truth is True, False or None, not {said!r}")
    pairs = list(zip(judged, true, strict=True))
    return Confusion(
        true_passed=pairs.count((True, True)),
        true_failed=pairs.count((False, False)),
        false_passed=pairs.count((True, False)),
        false_failed=pairs.count((False, True)),
        unjudged=sum(verdict is None for verdict in judged),
        unlabelled=sum(verdict is not None and truth is None for verdict, truth in pairs),
        unlabelled_passed=pairs.count((True, None)),
    )


def _rate(hits: int, of: int, level: float) -> Estimate | None:
    return wilson(hits, of, level) if of else None

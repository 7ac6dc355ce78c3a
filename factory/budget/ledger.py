"""The cap: money is reserved at its worst case before a call and settled at its true cost after it."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from factory.budget.money import usd
from factory.errors import LimitReached


class Flag(StrEnum):
    """What a settlement must confess. UNMETERED: no usable usage came back, the whole reservation was charged; OVERRUN: the
    attempt cost more than its worst case, so the price or the bound is wrong.
    """

    NONE = ""
    UNMETERED = "unmetered"
    OVERRUN = "overrun"


@dataclass(slots=True, eq=False)
class Reservation:
    """Money set aside for one attempt, in nano-dollars. Settle it exactly once."""

    nano: int
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Settlement:
    cost_nano: int
    flag: Flag = Flag.NONE


@dataclass(frozen=True, slots=True)
class BudgetStats:
    """Nano-dollars, cap None where there is none; attempts open, callers waiting for money, flagged settlements."""

    cap_nano: int | None
    spent_nano: int
    reserved_nano: int
    open: int
    waiting: int
    unmetered: int
    overruns: int


class Budget:
    """spent + reserved <= cap at every moment, as long as no attempt costs more than was reserved for it.

    Reserving and settling are single steps of the event loop, so no two callers can use the same money. A caller whose
    reservation does not fit waits, first come first served, for open attempts to settle below their worst case; it is refused
    once no settlement can make room any more. After an overrun under a cap nothing further is admitted.
    """

    def __init__(self, cap_nano: int | None, *, spent_nano: int = 0) -> None:
        if spent_nano < 0 or (cap_nano is not None and cap_nano < 0):
            raise ValueError(f"money is never negative: cap {cap_nano}, spent {spent_nano}")
        self.cap_nano = cap_nano
        self.spent_nano = spent_nano
        self.reserved_nano = 0
        self._open = 0
        self._unmetered = 0
        self._overruns = 0
        self._queue: deque[tuple[Reservation, asyncio.Future[None]]] = deque()

    async def reserve(self, nano: int) -> Reservation:
        """Set aside the worst case of one attempt. Raises LimitReached; a cancelled caller has reserved nothing."""
        if nano < 0:
            raise ValueError(f"cannot reserve {nano} nano-dollars")
        reservation = Reservation(nano)
        if nano == 0 or (not self._queue and self._fits(nano)):
            self._take(reservation)
            return reservation
        self._refuse_if_hopeless(nano)
        granted = asyncio.get_running_loop().create_future()
        self._queue.append((reservation, granted))
        try:
            await granted
        except asyncio.CancelledError:
            if granted.cancelled():
                self._advance()
            elif granted.exception() is None:
                self.release(reservation)
            raise
        return reservation

    def settle(self, reservation: Reservation, cost_nano: int | None) -> Settlement:
        """Charge what the attempt cost; None charges the whole reservation. Raises ValueError for a second settlement."""
        if reservation.settled:
            raise ValueError("a reservation was settled twice")
        if cost_nano is not None and cost_nano < 0:
            raise ValueError(f"an attempt cannot cost {cost_nano} nano-dollars")
        reservation.settled = True
        flag = Flag.NONE
        if cost_nano is None:
            cost_nano, flag = reservation.nano, Flag.UNMETERED
            self._unmetered += 1
        elif cost_nano > reservation.nano:
            flag = Flag.OVERRUN
            self._overruns += 1
        self._open -= 1
        self.reserved_nano -= reservation.nano
        self.spent_nano += cost_nano
        self._advance()
        return Settlement(cost_nano, flag)

    def release(self, reservation: Reservation) -> None:
        """Give back the money of an attempt that was never sent."""
        self.settle(reservation, 0)

    def stats(self) -> BudgetStats:
        waiting = sum(1 for _, granted in self._queue if not granted.done())
        return BudgetStats(
            self.cap_nano, self.spent_nano, self.reserved_nano, self._open, waiting, self._unmetered, self._overruns
        )

    def _fits(self, nano: int) -> bool:
        if self.cap_nano is None:
            return True
        return not self._overruns and self.spent_nano + self.reserved_nano + nano <= self.cap_nano

    def _take(self, reservation: Reservation) -> None:
        self._open += 1
        self.reserved_nano += reservation.nano

    def _advance(self) -> None:
        while self._queue:
            reservation, granted = self._queue[0]
            if not granted.done():
                if self._fits(reservation.nano):
                    self._take(reservation)
                    granted.set_result(None)
                else:
                    try:
                        self._refuse_if_hopeless(reservation.nano)
                    except LimitReached as refusal:
                        granted.set_exception(refusal)
                    else:
                        return
            self._queue.popleft()

    def _refuse_if_hopeless(self, nano: int) -> None:
        """Raises LimitReached when no settlement can make room: the spent never falls."""
        if self.cap_nano is None:
            return
        if self._overruns:
            raise LimitReached(
                f"an attempt cost more than its worst case, so the cap of {usd(self.cap_nano)} cannot be kept; "
                f"{usd(self.spent_nano)} is spent",
                where="--budget",
                fix="Check the model's price and max_tokens in the cast, then resume the job",
            )
        if self.spent_nano + nano > self.cap_nano:
            raise LimitReached(
                f"{usd(self.spent_nano)} of {usd(self.cap_nano)} is spent and the next call may cost up to {usd(nano)}",
                where="--budget",
                fix="Nothing is lost: resume the job with a larger --budget",
            )

"""How many calls may be in flight: found out from what the provider turns away."""

from __future__ import annotations

from typing import Final

# Growth per round trip: one call, and a sixteenth of the limit. The second part balances about 6 % of rejections at any
# limit, so that a provider which turns calls away at random loses no concurrency; with the first part alone 5 % of them
# would hold 64 down to some 20.
_SHARE: Final = 1 / 16


class AdaptiveLimit:
    """Additive increase, multiplicative decrease, after D.-M. Chiu and R. Jain (Computer Networks and ISDN Systems 17, 1989).

    As in DCTCP (Alizadeh et al., SIGCOMM 2010) the decrease follows the share that was turned away: a rejection takes away its
    own place, so a round trip in which a share s is rejected leaves (1 - s) of the limit, and never less than half of it. Calls
    carry the round they began in; only the first rejection of a call begun after the last cut opens a new cut.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.value = float(most)
        self.round = 0
        self._floor = 1.0

    @property
    def allowed(self) -> int:
        return int(self.value)

    @property
    def full(self) -> bool:
        """Whether nothing has been taken away that is not grown again."""
        return self.value >= self.most

    def narrow(self, most: int) -> None:
        """Lower the most that is ever allowed."""
        self.most = min(self.most, most)
        self.value = min(self.value, float(self.most))

    def accepted(self, in_flight: int) -> None:
        """A call was answered while `in_flight` were under way, it included. An unused limit proves nothing and stays."""
        if in_flight >= self.allowed and self.value < self.most:
            self.value = min(float(self.most), self.value + 1 / self.value + _SHARE)

    def rejected(self, begun_in: int) -> None:
        if begun_in == self.round:
            self.round += 1
            self._floor = max(1.0, self.value / 2)
        self.value = max(self._floor, self.value - 1)

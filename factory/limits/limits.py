"""The endpoints of one process, each made at its first use and the same for every role that asks for it."""

from __future__ import annotations

from factory.limits.breaker import BreakerSettings
from factory.limits.clock import Clock
from factory.limits.endpoint import Endpoint, EndpointStats


class Limits:
    """The endpoints of this process.

    patience_s: how long a provider may stay away before whoever waits for it is told so; longest_pause_s: the most of a
    Retry-After that is obeyed at once, after which the provider is asked again.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        patience_s: float = 600.0,
        longest_pause_s: float = 60.0,
        breaker: BreakerSettings | None = None,
    ) -> None:
        self._clock = clock or Clock()
        self._patience_s = patience_s
        self._longest_pause_s = longest_pause_s
        self._breaker = breaker or BreakerSettings()
        self._endpoints: dict[str, Endpoint] = {}

    def endpoint(self, key: str, *, max_in_flight: int, rpm: int | None = None, tpm: int | None = None) -> Endpoint:
        """The endpoint of this key, the same for every caller; where callers name different caps the stricter ones hold.

        key: names credential and base_url and is shown to users, so it must not hold the credential itself.
        Raises ValueError for a cap below 1.
        """
        if min(max_in_flight, rpm or 1, tpm or 1) < 1 or rpm == 0 or tpm == 0:
            raise ValueError(f"the caps of {key} must be at least 1, not {max_in_flight}, {rpm} and {tpm}")
        found = self._endpoints.get(key)
        if found is None:
            found = self._endpoints[key] = Endpoint(
                key,
                max_in_flight,
                clock=self._clock,
                patience_s=self._patience_s,
                longest_pause_s=self._longest_pause_s,
                breaker=self._breaker,
            )
        found.narrow(max_in_flight, rpm, tpm)
        return found

    def stats(self) -> tuple[EndpointStats, ...]:
        """Every endpoint, in the order of their first use."""
        return tuple(endpoint.stats() for endpoint in self._endpoints.values())

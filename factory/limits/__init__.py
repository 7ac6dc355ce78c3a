"""How fast a provider may be asked: slots that adapt, caps per minute, a breaker, and when to try again (DESIGN section 5)."""

from factory.limits.breaker import BreakerSettings, BreakerState
from factory.limits.clock import Clock
from factory.limits.contact import DeadEnd
from factory.limits.endpoint import Endpoint, EndpointStats, Slot
from factory.limits.latency import Latencies
from factory.limits.limits import Limits
from factory.limits.refusals import SingledOut
from factory.limits.retry import Retry

__all__ = [
    "BreakerSettings",
    "BreakerState",
    "Clock",
    "DeadEnd",
    "Endpoint",
    "EndpointStats",
    "Latencies",
    "Limits",
    "Retry",
    "SingledOut",
    "Slot",
]

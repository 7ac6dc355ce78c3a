"""Jobs that pull the lever many times: dispatch out of order, land in index order."""

from factory.orchestrator.lander import Ledger
from factory.orchestrator.meter import Meter
from factory.orchestrator.progress import Progress
from factory.orchestrator.run import Run, RunEnd, keep_lease

__all__ = ["Ledger", "Meter", "Progress", "Run", "RunEnd", "keep_lease"]

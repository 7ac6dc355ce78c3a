"""`factory doctor`: is everything here that a run needs, and what to do where it is not."""

from scripts.doctor.diagnosis import Diagnosis, Level, exit_code
from scripts.doctor.examination import Order, examine

__all__ = ["Diagnosis", "Level", "Order", "examine", "exit_code"]

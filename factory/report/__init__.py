"""What the factory tells about jobs and candidates, for programs and for people."""

from factory.report.estimate import ESTIMATE_SCHEMA, estimate_json
from factory.report.status import SHOW_SCHEMA, STATUS_SCHEMA, show_json, status_json

__all__ = ["ESTIMATE_SCHEMA", "SHOW_SCHEMA", "STATUS_SCHEMA", "estimate_json", "show_json", "status_json"]

"""What the factory tells about jobs and candidates, for programs and for people."""

from factory.report.status import SHOW_SCHEMA, STATUS_SCHEMA, show_json, status_json

__all__ = ["SHOW_SCHEMA", "STATUS_SCHEMA", "show_json", "status_json"]

"""Configuration files: specs, casts, reference sets; safe to read, and precise about what is wrong where."""

from factory.config.bind import bind_gates, parse_settings
from factory.config.cast import LoadedCast, load_cast, parse_cast
from factory.config.lineage import LineageReport, check_lineage
from factory.config.references import digest_file, read_texts
from factory.config.spec import LoadedSpec, load_spec, parse_spec
from factory.config.yaml import Document, Loc, Locate, parse_document, read_document

__all__ = [
    "Document", "LineageReport", "LoadedCast", "LoadedSpec", "Loc", "Locate", "bind_gates", "check_lineage", "digest_file",
    "load_cast", "load_spec", "parse_cast", "parse_document", "parse_settings", "parse_spec", "read_document", "read_texts",
]  # fmt: skip

"""Exports: what downstream tools load unchanged, with every receipt and a manifest beside it."""

from factory.exports.export import export_set
from factory.exports.files import own_manifest
from factory.exports.jsonl import JsonlExporter
from factory.exports.parquet import ParquetExporter
from factory.exports.rows import export_row
from factory.ports import Exporter

EXPORTERS: dict[str, Exporter] = {exporter.name: exporter for exporter in (ParquetExporter(), JsonlExporter())}

__all__ = ["EXPORTERS", "JsonlExporter", "ParquetExporter", "export_row", "export_set", "own_manifest"]

"""The durable truth behind `factory.ports.Store`: the only package that knows SQL."""

from store.crashpoints import CRASH_POINTS
from store.health import Health, examine
from store.holders import this_process
from store.store import SqlStore, open_store, store_exists

__all__ = ["CRASH_POINTS", "Health", "SqlStore", "examine", "open_store", "store_exists", "this_process"]

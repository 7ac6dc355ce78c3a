"""The shipped recipes: an explicit list, and no registration by import."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from factory.recipe import Recipe

# name -> the module that defines RECIPE
SHIPPED: Final = {"ground_truth": "recipes.ground_truth.recipe"}


def load_shipped(name: str) -> Recipe:
    """A shipped recipe by name. Raises KeyError for a name that is not in SHIPPED."""
    recipe = import_module(SHIPPED[name]).RECIPE
    assert isinstance(recipe, Recipe)
    return recipe

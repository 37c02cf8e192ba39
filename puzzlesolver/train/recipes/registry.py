"""Recipes by name: functions that return what a run changes of the default settings.

>>> @preset
... def my_recipe():
...     '''What it trains; `train --list-presets` shows this line.'''
...     return {"domain": "sudoku", "minutes": 5.0}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Recipe = Callable[[], dict[str, Any]]

PRESETS: dict[str, Recipe] = {}
"""Every recipe, in the order of their definitions."""


def preset(recipe: Recipe) -> Recipe:
    """Decorator: the function's name, with hyphens, becomes that of a preset."""
    PRESETS[recipe.__name__.replace("_", "-")] = recipe
    return recipe

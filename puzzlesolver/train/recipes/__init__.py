"""Recipes: each preset of `train --preset`, as the settings that it changes. No torch is imported.

>>> sorted(PRESETS)[:3]
['arc', 'hrm-arc1', 'hrm-arc2']
"""

from puzzlesolver.train.recipes import ours as ours
from puzzlesolver.train.recipes import papers as papers
from puzzlesolver.train.recipes import small as small
from puzzlesolver.train.recipes.registry import PRESETS as PRESETS

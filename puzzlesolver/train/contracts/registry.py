"""The training contracts by the value of `--set contract`; a new one is one line here.

>>> CONTRACTS["final"].wants.name
'final'
"""

from __future__ import annotations

from typing import Any

from puzzlesolver.train.contracts.base import Contract
from puzzlesolver.train.contracts.boards import ManyPools
from puzzlesolver.train.contracts.carried import CarriedState
from puzzlesolver.train.contracts.final import FinalStep
from puzzlesolver.train.contracts.supervised import DeepSupervision
from puzzlesolver.train.contracts.tasks import ManyTasks

CONTRACTS: dict[str, type[Contract[Any]]] = {
    each.wants.name: each
    for each in (CarriedState, ManyPools, DeepSupervision, FinalStep, ManyTasks)
}

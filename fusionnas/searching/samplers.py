"""Samplers of the study, made anew for each proposal.

A sampler is seeded from the master seed and the index of the proposal alone, so that a resumed
search goes on as the uninterrupted one would have, and never repeats its first proposals.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import optuna
from optuna.samplers import BaseSampler, TPESampler

from fusionnas.errors import OptionError, did_you_mean
from fusionnas.searching.first_objective import FirstObjective
from fusionnas.seeding import sub_seed


def _tpe(seed: int) -> TPESampler:
    # joint over the parameters that conditional branches share; running trials count as poor
    # ones, so that parallel workers don't all go to the same place
    return TPESampler(seed=seed, multivariate=True, group=True, constant_liar=True)


GUIDED = "guided"  # changes networks of the front by their guidance: `fusionnas.searching.guide`

SAMPLERS: dict[str, Callable[[int], BaseSampler]] = {
    "tpe": lambda seed: FirstObjective(_tpe(seed)),  # follows MAE
    "motpe": _tpe,  # follows MAE and CECV deviation
    GUIDED: lambda seed: FirstObjective(_tpe(seed)),  # where the guide proposes nothing
    "nsga2": lambda seed: optuna.samplers.NSGAIISampler(seed=seed, population_size=20),
    "nsga3": lambda seed: optuna.samplers.NSGAIIISampler(seed=seed, population_size=20),
    "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
}


def check_sampler(name: str) -> str:
    """`name`, or an OptionError that offers the nearest sampler."""
    if name not in SAMPLERS:
        raise OptionError(f"There is no sampler '{name}'; {did_you_mean(name, SAMPLERS)}")
    return name


def make_sampler(name: str, master_seed: int, proposal: int) -> BaseSampler:
    """The sampler for one proposal."""
    with warnings.catch_warnings():  # `group` is called experimental at every proposal
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return SAMPLERS[name](sub_seed(master_seed, "sampler", name, proposal))

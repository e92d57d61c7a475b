"""Samplers of the study, made anew for each proposal.

A sampler is seeded from the master seed and the index of the proposal alone, so that a resumed
search goes on as the uninterrupted one would have, and never repeats its first proposals. All of
them see each network once, however often it was proposed (`fusionnas.searching.sampler_view`).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import optuna
from optuna.samplers import (
    BaseSampler,
    NSGAIIISampler,
    NSGAIISampler,
    RandomSampler,
    TPESampler,
)

from fusionnas.errors import OptionError, did_you_mean
from fusionnas.searching.sampler_view import (
    FirstObjectiveView,
    FrontView,
    StudyView,
    WithView,
)
from fusionnas.seeding import sub_seed

# Of the places that TPE draws from its good trials it proposes the likeliest to be good. Among few
# choices that is one and the same again and again until a trial has told it something, so each
# repetition in a row halves their number, down to a plain draw.
CANDIDATES = 24


def _tpe(seed: int, repetitions: int, view: type[StudyView] = FirstObjectiveView) -> BaseSampler:
    # joint over the parameters that conditional branches share; running trials count as poor
    # ones, so that parallel workers don't all go to the same place
    tpe = TPESampler(
        seed=seed,
        multivariate=True,
        group=True,
        constant_liar=True,
        n_ei_candidates=max(1, CANDIDATES >> repetitions),
    )
    return WithView(tpe, view)


def _nsga2(seed: int, repetitions: int) -> BaseSampler:
    return WithView(NSGAIISampler(seed=seed, population_size=20), StudyView)


def _nsga3(seed: int, repetitions: int) -> BaseSampler:
    return WithView(NSGAIIISampler(seed=seed, population_size=20), StudyView)


def _random(seed: int, repetitions: int) -> BaseSampler:
    return RandomSampler(seed=seed)


GUIDED = "guided"  # changes networks of the front by their guidance: `fusionnas.searching.guide`

ADAPTIVE = "adaptive"  # several proposers in one: `fusionnas.searching.adaptive`

# made of a seed and of how many proposals just before this one were repetitions
SAMPLERS: dict[str, Callable[[int, int], BaseSampler]] = {
    ADAPTIVE: _random,  # where none of its proposers has anything
    "tpe": _tpe,  # follows MAE
    "motpe": partial(_tpe, view=FrontView),  # follows all objectives
    GUIDED: _tpe,  # where the guide proposes nothing
    "nsga2": _nsga2,
    "nsga3": _nsga3,
    "random": _random,  # looks at no trial
}


def check_sampler(name: str) -> str:
    """`name`, or an OptionError that offers the nearest sampler."""
    if name not in SAMPLERS:
        raise OptionError(f"There is no sampler '{name}'; {did_you_mean(name, SAMPLERS)}")
    return name


def make_sampler(name: str, master_seed: int, proposal: int, repetitions: int = 0) -> BaseSampler:
    """The sampler for one proposal.

    Args:
        name: of the sampler.
        master_seed: of the search.
        proposal: its index.
        repetitions: how many proposals just before it were networks that had been tried.
    """
    with warnings.catch_warnings():  # `group` is called experimental at every proposal
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return SAMPLERS[name](sub_seed(master_seed, "sampler", name, proposal), repetitions)

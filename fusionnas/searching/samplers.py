"""Samplers of the study, made anew for each proposal.

The seed of a sampler depends on the master seed and the index of the proposal alone. So a resumed
search continues like an uninterrupted one, and never repeats its first proposals. All samplers see
each network once, however often it was proposed (`fusionnas.searching.sampler_view`).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fusionnas.errors import OptionError, did_you_mean
from fusionnas.seeding import sub_seed

if TYPE_CHECKING:  # the commands list the samplers without importing Optuna
    from optuna.samplers import BaseSampler

# TPE proposes the candidate that is most likely to be good. With few choices it proposes the same
# candidate until a new trial ends, so each repetition in a row halves the number of candidates,
# down to one, which is a plain draw.
CANDIDATES = 24
POPULATION = 20  # population of the genetic samplers

# makes the sampler from its seed and the number of repetitions just before the proposal
Make = Callable[[int, int], "BaseSampler"]


@dataclass(frozen=True, slots=True)
class Sampler:
    """A way to propose architectures. A new row below is a new sampler.

    A sampler that is more than one of Optuna's samplers also has a branch in
    `fusionnas.searching.agenda`. `make` then gives the sampler for proposals that this branch
    leaves open.
    """

    name: str  # name in `--sampler`
    about: str  # a few words for `--help`
    make: Make
    # for a genetic sampler: Optuna's attribute of a trial with its generation
    generation: str | None = None


def _tpe(seed: int, repetitions: int, all_objectives: bool = False) -> BaseSampler:
    from optuna.samplers import TPESampler

    from fusionnas.searching.sampler_view import FirstObjectiveView, FrontView, WithView

    # joint over the parameters that conditional branches share; running trials count as poor ones,
    # so that parallel workers do not all try the same place
    tpe = TPESampler(
        seed=seed,
        multivariate=True,
        group=True,
        constant_liar=True,
        n_ei_candidates=max(1, CANDIDATES >> repetitions),
    )
    return WithView(tpe, FrontView if all_objectives else FirstObjectiveView)


def _motpe(seed: int, repetitions: int) -> BaseSampler:
    return _tpe(seed, repetitions, all_objectives=True)


def _nsga2(seed: int, repetitions: int) -> BaseSampler:
    from optuna.samplers import NSGAIISampler

    from fusionnas.searching.sampler_view import StudyView, WithView

    return WithView(NSGAIISampler(seed=seed, population_size=POPULATION), StudyView)


def _nsga3(seed: int, repetitions: int) -> BaseSampler:
    from optuna.samplers import NSGAIIISampler

    from fusionnas.searching.sampler_view import StudyView, WithView

    return WithView(NSGAIIISampler(seed=seed, population_size=POPULATION), StudyView)


def _random(seed: int, repetitions: int) -> BaseSampler:
    from optuna.samplers import RandomSampler

    return RandomSampler(seed=seed)


GUIDED, ADAPTIVE = "guided", "adaptive"
SAMPLERS: dict[str, Sampler] = {
    row.name: row
    for row in (
        Sampler(
            ADAPTIVE,
            "several proposers, each asked as often as it pays",
            _random,  # proposes if none of the proposers has anything new
        ),
        Sampler("tpe", "follows MAE", _tpe),
        Sampler("motpe", "follows all objectives", _motpe),
        Sampler(
            GUIDED,
            "changes networks of the front by CECV alone",
            _tpe,  # proposes if the guide has no change
        ),
        Sampler("nsga2", "genetic, all objectives", _nsga2, "NSGAIISampler:generation"),
        Sampler("nsga3", "genetic, many objectives", _nsga3, "NSGAIIISampler:generation"),
        Sampler("random", "looks at no trial", _random),
    )
}


def listing() -> str:
    """All samplers in words, for `--help`."""
    return ", ".join(f"{row.name} ({row.about})" for row in SAMPLERS.values()) + "."


def check_sampler(name: str) -> str:
    """Return `name`, or raise an OptionError that offers the nearest sampler."""
    if name not in SAMPLERS:
        raise OptionError(f"There is no sampler '{name}'; {did_you_mean(name, SAMPLERS)}")
    return name


def make_sampler(name: str, master_seed: int, proposal: int, repetitions: int = 0) -> BaseSampler:
    """The sampler for one proposal.

    Args:
        name: name of the sampler.
        master_seed: master seed of the search.
        proposal: index of the proposal.
        repetitions: number of proposals just before it whose networks had already been tried.
    """
    import optuna

    with warnings.catch_warnings():  # Optuna warns at each proposal that `group` is experimental
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return SAMPLERS[name].make(sub_seed(master_seed, "sampler", name, proposal), repetitions)

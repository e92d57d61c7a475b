"""The options of a search, with name, default and meaning; defined only here.

They are grouped as in `fusionnas search --help`. The command line, `fusionnas.search` and
`FusionSearchCV` all make one of these objects.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from fusionnas.errors import OptionError, did_you_mean
from fusionnas.searching.quality import GOOD, Quality, find_quality
from fusionnas.searching.samplers import check_sampler
from fusionnas.tracking.trackers import TrackerRow, find_tracker

if TYPE_CHECKING:
    import pandas as pd

    from fusionnas.data.dataset import Dataset
    from fusionnas.searching.limits import Limits

REFERENCE = "reference"  # the band from networks that the search trains
DEFAULT_TRIALS = 24


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What to look for.

    Args:
        objectives: names of the quantities to minimise: the error of the task (val_mae, or
            val_log_loss for classes), then any of cecv_deviation, cecv_excess, parameters and
            latency_ms. None means the error and cecv_deviation.
        max_parameters: maximum number of trainable parameters; larger networks are not trained.
        max_latency: maximum latency in milliseconds; slower networks are not trained. See
            `fusionnas.searching.limits` for the measurement.
        probe: compounds for the CECV; see `fusionnas.cecv.probe.choose_probe`.
        band: reference trains reference networks and makes the target band from them; a file is a
            band.json, for example of another study, and no reference network is trained.
    """

    title: ClassVar[str] = "What to look for"
    objectives: str | Sequence[str] | None = None
    max_parameters: int | None = None
    max_latency: float | None = None
    probe: str | None = None
    band: str | Path = REFERENCE


@dataclass(frozen=True, kw_only=True)
class Course:
    """How to search.

    Args:
        sampler: adaptive (several proposers; those that win are asked more often;
            `fusionnas.searching.adaptive`), tpe (uses MAE alone), motpe (all objectives), nsga2,
            nsga3, random, or guided (changes networks of the front by their guidance;
            `fusionnas.searching.guide`).
        verdict: begin with the twelve random networks that the verdict on the band needs; otherwise
            the adaptive sampler begins with four.
        warm_start: names or paths of studies to start from; see `fusionnas.workflows.warm_start`.
        rungs: off trains every network to its end; mae, nondominated and early are rules by which
            the best third is continued after a ninth and a third of the epochs; see
            `fusionnas.searching.rungs`.
        quality: fast leaves one network; good trains the best networks again and joins them to a
            predictor; best does more of it, for an hour unless another time is given; see
            `fusionnas.searching.quality`.
        folds: auto trains each network of a small table on folds; a number sets how many; off uses
            the validation part; see `fusionnas.data.folds`.
    """

    title: ClassVar[str] = "How to search"
    sampler: str = "adaptive"
    verdict: bool = False
    warm_start: Sequence[str | Path] = ()
    rungs: str = "off"
    quality: str = GOOD
    folds: str | int = "auto"


@dataclass(frozen=True, kw_only=True)
class Machines:
    """Machines and records.

    Args:
        workers: number of trainings at a time; None means one for each core, or for each GPU. On a
            cluster it is the maximum, and None means as many as its nodes can run.
        gpus_per_trial: share of a GPU for each training.
        ray_address: address of a running Ray cluster; all its nodes must see `runs` under the same
            path.
        storage: URL of a database for the study; None means study.db in its folder. A password in
            the URL is not stored.
        tracking_uri: URI of MLflow; None means a database under `runs`.
        track: name of a tracker, mlflow or none (`fusionnas.tracking.trackers`); True is mlflow,
            False is none.
        keep_weights: all, or front.
    """

    title: ClassVar[str] = "Machines and records"
    workers: int | None = None
    gpus_per_trial: float | None = None
    ray_address: str | None = None
    storage: str | None = None
    tracking_uri: str | None = None
    track: bool | str = "mlflow"
    keep_weights: str = "all"


@dataclass(frozen=True)
class SearchOptions(Machines, Course, Aim):  # dataclasses begin with the fields of the last base
    """All options of a search, checked as far as this is possible without the data.

    Args:
        space: name of a built-in search space, or a YAML file.
        data: see `fusionnas.data.sources.load_dataset`; None is the built-in data. A study of a
            DataFrame or a Dataset is resumed with the same one.
        trials: number of architectures to evaluate, over all runs of a resumed study; 24 if neither
            this nor a time is given.
        time_budget: seconds for the whole run: trials, final training and report.
        name: name of the study; its folder is `runs/name`.
        resume: continue a study; without a name, the newest of this space and data.
        seed: master seed.
        epochs: epochs of each trial; None is the recipe's number, which is larger for small data.
        recipe: default, paper, or a YAML file; see `fusionnas.training.recipe_file`.
        precision: auto, fp32 or bf16 (`fusionnas.training.precision`); None is the recipe's.
        formula_column, target_column, unit, task, input_columns, split, merge, weight_column,
        error_column, skip_bad_rows: see `load_dataset`.
        runs: folder of all studies.

    Raises:
        OptionError: a number or a word is not allowed.
    """

    space: str = "default"
    data: str | Path | pd.DataFrame | Dataset | None = None
    _: KW_ONLY
    trials: int | None = None
    time_budget: float | None = None
    name: str | None = None
    resume: bool = False
    seed: int = 0
    epochs: int | None = None
    recipe: str = "default"
    precision: str | None = None
    formula_column: str | None = None
    target_column: str | Sequence[str] | None = None
    unit: str | None = None
    task: str | None = None
    input_columns: str | Sequence[str] | None = None
    split: str = "random"
    merge: str = "median"
    weight_column: str | None = None
    error_column: str | None = None
    skip_bad_rows: bool = False
    runs: str | Path = Path("runs")

    def __post_init__(self) -> None:
        if self.keep_weights not in ("all", "front"):
            raise OptionError(
                f"--keep-weights must be all or front, but got '{self.keep_weights}'."
            )
        for name in ("trials", "time_budget", "workers"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise OptionError(f"--{name.replace('_', '-')} must be positive, but got {value}.")
        if self.gpus_per_trial is not None and not 0 <= self.gpus_per_trial < math.inf:
            raise OptionError(
                f"--gpus-per-trial must be a number that is not negative, but got "
                f"{self.gpus_per_trial}."
            )
        check_sampler(self.sampler)
        self.minimised()
        _ = self.effort, self.limits, self.tracker  # each checks itself

    @classmethod
    def of(cls, *first: Any, **keywords: Any) -> SearchOptions:
        """Make options from a call; OptionError offers the nearest name for a misspelt keyword."""
        known = [field.name for field in fields(cls)]
        for keyword in keywords:
            if keyword not in known:
                hint = did_you_mean(keyword, known)
                raise OptionError(f"A search has no option '{keyword}'; {hint}")
        return cls(*first, **keywords)

    @property
    def effort(self) -> Quality:
        """The settings behind the word in `quality`."""
        return find_quality(self.quality)

    def minimised(self, kind: str | None = None) -> tuple[str, ...]:
        """The objectives as a tuple, for a kind of target; None is any kind."""
        from fusionnas.searching.objectives import parse_objectives

        return parse_objectives(self.objectives, kind)

    @property
    def limits(self) -> Limits:
        """The limits above which a network is not trained."""
        from fusionnas.searching.limits import Limits

        return Limits(self.max_parameters, self.max_latency)

    @property
    def tracker(self) -> TrackerRow:
        """The tracker that keeps a record beside the study folder."""
        return find_tracker(self.track, self.tracking_uri)

    @property
    def seconds(self) -> float | None:
        """Seconds for the whole run: as given, or those of the quality; None is no limit."""
        return self.effort.seconds if self.time_budget is None else self.time_budget

    @property
    def most_trials(self) -> int | None:
        """The number of trials: as given, or 24 if there is no time limit; None is no limit."""
        if self.trials is None and self.seconds is None:
            return DEFAULT_TRIALS
        return self.trials

    @property
    def reading(self) -> dict[str, Any]:
        """The arguments of `load_dataset` beside the data."""
        names = (
            "seed",
            "formula_column",
            "target_column",
            "unit",
            "task",
            "input_columns",
            "split",
            "merge",
            "weight_column",
            "error_column",
            "skip_bad_rows",
        )
        return {name: getattr(self, name) for name in names}

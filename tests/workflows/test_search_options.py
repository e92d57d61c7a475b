from __future__ import annotations

import inspect
from dataclasses import fields
from typing import Any

import pytest
from typer.testing import CliRunner

import fusionnas
from fusionnas.cli import app
from fusionnas.errors import OptionError
from fusionnas.estimators import FusionSearchCV
from fusionnas.searching.objectives import DEFAULT
from fusionnas.workflows.search_options import SearchOptions

NAMES = [field.name for field in fields(SearchOptions)]


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"trails": 3}, "no option 'trails'; did you mean 'trials'"),
        ({"trials": 0}, "--trials must be positive, but got 0"),
        ({"time_budget": -1.0}, "--time-budget must be positive, but got -1.0"),
        ({"time_budget": float("nan")}, "--time-budget must be positive, but got nan"),
        ({"gpus_per_trial": -0.5}, "--gpus-per-trial must be a number that is not negative"),
        ({"gpus_per_trial": float("nan")}, "--gpus-per-trial must be a number that is not neg"),
        ({"gpus_per_trial": float("inf")}, "--gpus-per-trial must be a number that is not neg"),
        ({"keep_weights": "best"}, "--keep-weights must be all or front, but got 'best'"),
        ({"sampler": "tpee"}, "did you mean 'tpe'"),
        ({"quality": "god"}, "did you mean 'good'"),
        ({"objectives": "val_mae,latency"}, "did you mean 'latency_ms'"),
        ({"max_latency": 0}, "--max-latency must be positive"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_is_read(
    wrong: dict[str, Any], hint: str
) -> None:
    with pytest.raises(OptionError, match=hint):
        fusionnas.search(data="no-such-file.csv", **wrong)


def test_defaults_and_what_follows_from_them() -> None:
    plain = SearchOptions()
    assert plain.minimised() == DEFAULT
    assert (plain.most_trials, plain.seconds) == (24, None)
    timed = SearchOptions(time_budget=60)
    assert (timed.most_trials, timed.seconds) == (None, 60)
    best = SearchOptions(quality="best")
    assert (best.most_trials, best.seconds) == (None, 3600)
    assert SearchOptions("small", trials=3, quality="best").most_trials == 3


def test_the_public_signature_names_every_option() -> None:
    parameters = inspect.signature(fusionnas.search).parameters
    assert list(parameters)[:2] == ["space", "data"]
    assert set(parameters) == {*NAMES, "display"}
    assert parameters["sampler"].default == "adaptive"


def test_the_command_line_offers_every_option_in_its_group() -> None:
    result = CliRunner().invoke(app, ["search", "--help"], env={"COLUMNS": "200"})
    shown = result.output
    for name in NAMES:
        assert f"--{name.replace('_', '-')} " in shown
    groups = ["What to look for", "How to search", "Machines and records"]
    first = ["--objectives ", "--sampler ", "--workers "]
    places = [shown.index(text) for pair in zip(groups, first, strict=True) for text in pair]
    assert places == sorted(places)


def test_the_estimator_takes_options_by_the_same_names_and_defaults() -> None:
    own = {"self", "verbose"}
    for name, parameter in inspect.signature(FusionSearchCV.__init__).parameters.items():
        if name in own:
            continue
        assert name in NAMES
        default = SearchOptions.__dataclass_fields__[name].default
        # an estimator keeps no record by itself, and its unit is a text as elsewhere
        assert name in ("track", "unit") or str(parameter.default) == str(default)

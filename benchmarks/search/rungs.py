"""Rungs on against off: `python benchmarks/search/rungs.py [--data X] [--trials N] [--seeds S]`.

For each seed a search without rungs, and for each rule of promotion one with, on the same data and
recipe and with the same budget of epochs: so many more trials as the rungs save. Prints for each
rule the time until it had the best validation MAE of the search without, as a ratio to the time
that one took, and the ratio of the best errors. Times count from the first trial, references and
yardsticks left out, and hold for this machine and run alone. All searches share the band of the
first, so that none but the first trains references; `nondominated`, which needs references of its
own, is not among the rules here.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import fusionnas
from fusionnas.searching.rungs import ETA
from fusionnas.studies.folder import StudyFolder

RULES = ("off", "mae", "early")
# of a full training, what a trial costs on average where a third goes on at each of two rungs
SHARE = 1 / ETA**2 + (1 / ETA - 1 / ETA**2) / ETA + (1 - 1 / ETA) / ETA**2


def course(folder: StudyFolder) -> list[tuple[float, float]]:
    """(seconds since the first trial began, best MAE so far) at each end of a full training."""
    trials = folder.open_study().get_trials(deepcopy=False)
    begun = min(t.datetime_start for t in trials if t.datetime_start is not None)
    ends = sorted(
        ((t.datetime_complete - begun).total_seconds(), t.values[0])
        for t in trials
        if t.values and t.datetime_complete is not None
    )
    best, found = float("inf"), []
    for seconds, mae in ends:
        best = min(best, mae)
        found.append((seconds, best))
    return found


def reached(points: list[tuple[float, float]], mae: float) -> float | None:
    """Seconds until an error was reached; None where it never was."""
    return next((seconds for seconds, best in points if best <= mae), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data")
    parser.add_argument("--space", default="default")
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--workers", type=int)
    options = parser.parse_args()
    print("seed  rule   trials  best MAE  ratio  s to the best of off  ratio", flush=True)
    with tempfile.TemporaryDirectory() as runs:
        for seed in range(options.seeds):
            compare(seed, Path(runs), options)


def compare(seed: int, runs: Path, options: argparse.Namespace) -> None:
    target = seconds_off = 0.0
    given: dict[str, Any] = {}
    for rule in RULES:
        trials = options.trials if rule == "off" else round(options.trials / SHARE)
        result = fusionnas.search(
            options.space,
            options.data,
            trials=trials,
            name=f"{rule}-{seed}",
            seed=seed,
            rungs=rule,
            epochs=options.epochs,
            workers=options.workers,
            runs=runs,
            track=False,
            **given,
        )
        band = result.folder.band()
        if rule == "off" and band is not None and band.exists:
            given = {"band": result.folder.path / "band.json"}
        points = course(result.folder)
        best = points[-1][1]
        if rule == "off":
            target, seconds_off = best, reached(points, best) or 0.0
        seconds = reached(points, target)
        told = "never" if seconds is None else f"{seconds:.0f}"
        ratio = "–" if seconds is None else f"{seconds / seconds_off:.2f}"
        print(
            f"{seed:4}  {rule:5}  {trials:6}  {best:8.4g}  {best / target:5.3f}  {told:>20}  "
            f"{ratio:>5}",
            flush=True,
        )


if __name__ == "__main__":
    main()

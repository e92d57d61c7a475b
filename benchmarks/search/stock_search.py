"""The project's searcher against Ray's own OptunaSearch.

`python -m benchmarks.search.stock_search`

Both ask for the same number of trials from the default space on the same data and recipe, with as
many workers, TPE on the validation MAE, and the same code in the workers. One network in ten raises
in its training, told by the hash of its architecture; with `--fault kill`, every tenth start of a
training kills its worker process instead. Ray's side is what its documentation shows: a function,
a Tuner and the defaults. For each, one after the other with each seed, the script prints

- wall: seconds from the first training's start to the last one's end;
- finished: different networks that were trained to the end, also as a rate per hour;
- lost: trials that were paid for and gave no result;
- again: trainings of a network that had been trained before;
- best: lowest validation MAE.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fusionnas.errors import ArchitectureError
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import identity
from fusionnas.search_space.space_file import load_space
from fusionnas.searching.assignment import Assignment
from fusionnas.searching.evaluation import Evaluator
from fusionnas.searching.jobs import Job, Result, Work
from fusionnas.searching.queue import SearchQueue
from fusionnas.searching.references import References
from fusionnas.searching.setting import Setting
from fusionnas.searching.study import ArchitectureStudy
from fusionnas.searching.work import make_work as make_searching_work
from fusionnas.workflows.preparation import Ingredients
from fusionnas.workflows.search_options import SearchOptions
from fusionnas.workflows.watching import SilentDisplay

ONE_IN = 10
STARTS, FAULT = "starts", "fault"


class Spoilt:
    """Notes each training in a folder, and spoils one in ten."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fault = (folder / FAULT).read_text()

    def start(self, architecture: Architecture) -> Path:
        """Note the start; raises, or kills this process, when the training is to fail."""
        name, starts = identity(architecture), self.folder / STARTS
        place = starts / f"{len(list(starts.iterdir()))}-{os.getpid()}"
        note = {"identity": name, "begun": time.time()}
        place.write_text(json.dumps(note))
        if self.fault == "exception" and int(name, 16) % ONE_IN == 0:
            raise RuntimeError("made to fail")
        if self.fault == "kill" and int(place.name.partition("-")[0]) % ONE_IN == ONE_IN - 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return place

    def end(self, place: Path, mae: float) -> None:
        note = json.loads(place.read_text()) | {"ended": time.time(), "val_mae": mae}
        place.write_text(json.dumps(note))


def make_work(setting: Setting) -> Work:
    """The project's work, spoilt."""
    real, spoilt = make_searching_work(setting), Spoilt(setting.folder)

    def work(job: Job) -> Iterator[Result]:
        place = spoilt.start(Architecture.from_dict(job.payload["architecture"]))
        for result in real(job):
            if result["state"] == "done":
                spoilt.end(place, result["val_mae"])
            yield result

    return work


class NoBand(References):
    """Nothing to compare a CECV with; the search follows MAE alone."""

    settled = True

    def next(self) -> None:
        return None


def ours(found: Ingredients, folder: Path, trials: int, workers: int) -> None:
    from benchmarks.search.stock_search import make_work as importable
    from fusionnas.searching.ray.tune import run_jobs
    from fusionnas.searching.workers import Workers

    storage = ArchitectureStudy.open_storage(f"sqlite:///{folder / 'study.db'}", "one", 1)
    study = ArchitectureStudy(
        storage, found.space, found.seed, "tpe", [], 10, objectives=("val_mae",)
    )
    queue = SearchQueue(
        study,
        NoBand(found.space, found.seed),
        folder,
        trials,
        None,
        SilentDisplay(),
        lambda number: None,
    )
    queue.yardsticks.due.clear()
    run_jobs(queue, importable, setting_of(found, folder), Workers(workers, 1, 0.0))


def define(trial: Any) -> dict[str, Any]:
    """The default space as OptunaSearch takes it."""
    try:
        return {"architecture": load_space("default").suggest(trial).to_dict()}
    except ArchitectureError:
        return {"architecture": None}


def stock(found: Ingredients, folder: Path, trials: int, workers: int) -> None:
    import ray
    from ray import tune
    from ray.tune.search.optuna import OptunaSearch

    from fusionnas.searching.ray.cluster import be_quiet

    def train(config: dict[str, Any], setting: Setting) -> None:
        import torch
        from ray import tune

        torch.set_num_threads(1)
        if config["architecture"] is None:
            raise ValueError("this network cannot be built")
        architecture = Architecture.from_dict(config["architecture"])
        spoilt = Spoilt(setting.folder)
        place = spoilt.start(architecture)
        target = setting.folder / "trials" / place.name
        for result in Evaluator(setting).run(Assignment(architecture, found.seed, target)):
            if result["state"] == "done":
                spoilt.end(place, result["val_mae"])
            tune.report({"val_mae": result["val_mae"]})

    be_quiet()
    ray.init(address="local", num_cpus=workers, include_dashboard=False, log_to_driver=False)
    try:
        tune.Tuner(
            tune.with_resources(
                tune.with_parameters(train, setting=setting_of(found, folder)), {"cpu": 1}
            ),
            tune_config=tune.TuneConfig(
                search_alg=OptunaSearch(define, metric="val_mae", mode="min", seed=found.seed),
                num_samples=trials,
            ),
            run_config=tune.RunConfig(storage_path=str(folder / "ray"), verbose=0),
        ).fit()
    finally:
        ray.shutdown()


def setting_of(found: Ingredients, folder: Path) -> Setting:
    return Setting(folder, found.dataset, found.vectors, found.recipe, found.probe, found.seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data")
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--fault", choices=["exception", "kill"], default="exception")
    options = parser.parse_args()
    print("seed  searcher      wall  finished  an hour  lost  again      best", flush=True)
    for seed in range(options.seeds):
        found = Ingredients.read(
            SearchOptions(
                data=options.data, epochs=options.epochs, seed=seed, quality="fast", folds="off"
            )
        )
        rates = [
            measure(name, run, found, options) for name, run in (("ours", ours), ("stock", stock))
        ]
        print(f"{seed:4}  trials an hour, ours to stock: {rates[0] / rates[1]:.2f}", flush=True)


def measure(name: str, run: Any, found: Ingredients, options: argparse.Namespace) -> float:
    """Print a row; finished networks an hour."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place)
        (folder / STARTS).mkdir()
        (folder / FAULT).write_text(options.fault)
        run(found, folder, options.trials, options.workers)
        notes = [json.loads(path.read_text()) for path in (folder / STARTS).iterdir()]
    ended = [note for note in notes if "ended" in note]
    wall = max(note["ended"] for note in ended) - min(note["begun"] for note in notes)
    different = len({note["identity"] for note in ended})
    rate = 3600 * different / wall
    lost = options.trials - len(ended)
    again = len(ended) - different
    best = min(note["val_mae"] for note in ended)
    print(
        f"{found.seed:4}  {name:8}  {wall:8.0f}  {different:8}  {rate:7.0f}  {lost:4}  {again:5}"
        f"  {best:8.4g}",
        flush=True,
    )
    return rate


if __name__ == "__main__":
    main()

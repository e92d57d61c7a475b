"""A whole run, wired: data, references, search, tracking, bundle, report.

`search` is the project's public face, in Python and on the command line.
"""

from __future__ import annotations

import shlex
import shutil
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusionnas.architecture import Architecture
from fusionnas.cecv.probe import choose_probe
from fusionnas.data.dataset import Dataset
from fusionnas.data.elements import check_covered, element_vectors
from fusionnas.data.sources import load_dataset
from fusionnas.errors import OptionError, SearchFailed
from fusionnas.export import export
from fusionnas.named import architecture_names, load_architecture
from fusionnas.network_file import WEIGHTS
from fusionnas.provenance import data_facts, versions
from fusionnas.results import summarise, write_trials
from fusionnas.search.evaluation import Setting, make_work, read_result
from fusionnas.search.queue import SearchQueue
from fusionnas.search.references import References
from fusionnas.search.samplers import check_sampler
from fusionnas.search.selection import front, recommended
from fusionnas.search.study import ArchitectureStudy, TrialRecord
from fusionnas.search_space import SearchSpace
from fusionnas.search_space_file import load_space
from fusionnas.study_folder import RUNS, StudyFolder
from fusionnas.tracking import NullTracker, Tracker
from fusionnas.training.recipe import load_recipe
from fusionnas.watching import Display, Recorder, SilentDisplay

if TYPE_CHECKING:
    from fusionnas.predict import Predictor

RANDOM_PROPOSALS = 12  # tagged, for the verdict on the band
DEFAULT_TRIALS = 30


@dataclass(frozen=True, slots=True)
class StudyResult:
    """A study after its search."""

    folder: StudyFolder
    summary: Mapping[str, Any]
    interrupted: bool

    @property
    def best(self) -> Predictor:
        """The recommended network, ready to predict."""
        from fusionnas.predict import Predictor

        return Predictor.load(self.folder.best)


def search(
    space: str = "default",
    data: str | Path | None = None,
    *,
    trials: int | None = None,
    time_budget: float | None = None,
    name: str | None = None,
    resume: bool = False,
    seed: int = 0,
    sampler: str = "tpe",
    epochs: int | None = None,
    recipe: str = "default",
    probe: str | None = None,
    workers: int | None = None,
    gpus_per_trial: float | None = None,
    ray_address: str | None = None,
    tracking_uri: str | None = None,
    track: bool = True,
    keep_weights: str = "all",
    formula_column: str | None = None,
    target_column: str | None = None,
    unit: str | None = None,
    split: str = "random",
    merge: str = "median",
    runs: str | Path = RUNS,
    display: Display | None = None,
) -> StudyResult:
    """Search for the network that predicts a property best.

    Args:
        space: name of a shipped search space, or a YAML file.
        data: see `fusionnas.data.sources.load_dataset`; None is the built-in data.
        trials: architectures to evaluate, in all parts of a resumed study together; 30 where
            neither this nor `time_budget` is given.
        time_budget: seconds of searching after which no further trial is started.
        name: of the study; its folder is `runs/name`.
        resume: go on with a study; without a name, with the newest of this space and data.
        seed: master seed.
        sampler: tpe, nsga2, nsga3 or random.
        epochs: of each training; the recipe's own where it is None.
        recipe: default or paper.
        probe: see `fusionnas.cecv.probe.choose_probe`.
        workers: trainings at a time; one a core, or one a GPU, where it is None.
        gpus_per_trial: share of a GPU for each training.
        ray_address: of a running Ray cluster.
        tracking_uri: of MLflow; a database under `runs` where it is None.
        track: False keeps no MLflow record.
        keep_weights: all, or front.
        formula_column, target_column, unit, split, merge: see `load_dataset`.
        runs: folder of all studies.
        display: shows progress; None shows nothing.

    Raises:
        InputError: what is wrong with an option, the data, the space or the study.
        SearchFailed: not one trial was finished.
    """
    runs = Path(runs)
    display = display or SilentDisplay()
    check_sampler(sampler)
    if keep_weights not in ("all", "front"):
        raise OptionError(f"--keep-weights must be all or front, but got '{keep_weights}'.")
    for option, value in (("trials", trials), ("time-budget", time_budget), ("workers", workers)):
        if value is not None and value <= 0:
            raise OptionError(f"--{option} must be positive, but got {value}.")
    if gpus_per_trial is not None and gpus_per_trial < 0:
        raise OptionError(f"--gpus-per-trial must not be negative, but got {gpus_per_trial}.")
    if trials is None and time_budget is None:
        trials = DEFAULT_TRIALS
    chosen_space, chosen_recipe = load_space(space), load_recipe(recipe, epochs)
    with display.phase("Reading the data"):
        dataset = load_dataset(
            data,
            formula_column=formula_column,
            target_column=target_column,
            unit=unit,
            split=split,
            merge=merge,
            seed=seed,
        )
        vectors = {n: element_vectors(n) for n in _vector_names(chosen_space)}
        for vector_name, table in vectors.items():
            check_covered(dataset.table, table, vector_name)
        probe_set = choose_probe(dataset, probe, seed)
    facts: dict[str, Any] = {
        "id": uuid.uuid4().hex,
        "name": name or _default_name(dataset.name, chosen_space.name),
        "created": datetime.now().isoformat(timespec="seconds"),
        "command": shlex.join(["fusionnas", *sys.argv[1:]]),
        "space": {
            "name": chosen_space.name,
            "hash": chosen_space.hash,
            "settings": len(chosen_space),
            "definition": chosen_space.to_plain(),
        },
        "data": data_facts(dataset),
        "recipe": chosen_recipe.to_dict(),
        "probe": {"name": probe_set.name, "hash": probe_set.hash, "note": probe_set.note},
        "seed": seed,
        "sampler": sampler,
        "versions": versions(),
    }
    folder = _open_folder(runs, name, resume, facts)
    facts = {**folder.facts}
    for note in (dataset.noise.describe(dataset.unit), *dataset.notes, f"Probe: {probe_set.note}"):
        display.say(note)
    # imported here: only a search needs Ray
    from fusionnas.search.ray_tune import plan_workers, run_jobs

    with folder.locked():
        tracker = _tracker(track, tracking_uri, runs)
        tracker.study_started(facts)
        study = ArchitectureStudy(
            ArchitectureStudy.open_storage(folder.storage, folder.name),
            chosen_space,
            seed,
            sampler,
            _warm_starts(chosen_space),
            RANDOM_PROPOSALS,
        )
        references = References(chosen_space, seed)
        watcher = Recorder(display, tracker, study, folder)
        remaining = None if time_budget is None else max(0.0, time_budget - study.active_seconds)
        queue = SearchQueue(
            study, references, folder.path, trials, remaining, watcher, watcher.told
        )
        _take_up(queue, folder)
        watcher.log_earlier()
        plan = plan_workers(workers, gpus_per_trial, ray_address)
        setting = Setting(folder.path.absolute(), dataset, vectors, chosen_recipe, probe_set, seed)
        display.begin(study.records(), trials, dataset.unit, plan.count)
        begun = time.monotonic()
        try:
            complete = run_jobs(queue, make_work, setting, plan)
        finally:
            display.end()
            study.add_active_seconds(time.monotonic() - begun)
        records = study.records()
        _check_fruitful(records, queue, folder)
        with display.phase("Summing up"):
            summary = _conclude(folder, dataset, facts, references, records, keep_weights)
            summary |= watcher.efficiency(time.monotonic() - begun, plan.count)
            summary["exhausted"] = queue.exhausted
            folder.write_json("summary.json", summary)
            from fusionnas.report import write_report

            artifacts = write_report(folder)
        tracker.study_ended(summary, artifacts)
        with display.phase("Writing the last records"):
            problem = tracker.close()
        if problem:
            display.say(problem)
    return StudyResult(folder, summary, interrupted=not complete)


def _conclude(
    folder: StudyFolder,
    dataset: Dataset,
    facts: Mapping[str, Any],
    references: References,
    records: Sequence[TrialRecord],
    keep_weights: str,
) -> dict[str, Any]:
    """Tables, band, summary and the bundle of the recommended network."""
    band = references.band
    if band is not None:
        folder.write_json("band.json", band.to_dict())
    write_trials(folder, records)
    words = references.problem or (band.describe() if band is not None else "")
    summary = summarise(folder, dataset, records, references.yardstick(), words)
    folder.write_json("summary.json", summary)
    shutil.rmtree(folder.best, ignore_errors=True)
    export(folder.path, folder.best)
    if keep_weights == "front":
        kept = {r.number for r in front(records)}
        for record in records:
            if record.number not in kept:
                (folder.trial(record.number) / WEIGHTS).unlink(missing_ok=True)
    return summary


def _open_folder(
    runs: Path, name: str | None, resume: bool, facts: Mapping[str, Any]
) -> StudyFolder:
    """A new study's folder, or that of the one to resume."""
    if not resume:
        folder = StudyFolder(runs / facts["name"])
        folder.create(facts)
        return folder
    if name is None:
        folder = StudyFolder.newest(runs, facts["space"]["hash"], facts["data"]["fingerprint"])
    else:
        folder = StudyFolder.find(name, runs)
    folder.check_same(facts)
    return folder


def _take_up(queue: SearchQueue, folder: StudyFolder) -> None:
    """What an earlier run left: finished references, and trials that ended untold."""
    references = queue.references
    waiting, references.waiting = references.waiting, []
    for reference in waiting:
        references.running[reference.key] = reference
    for key, result in folder.references().items():
        if key in references.running:
            queue.take_reference(key, result)
    references.waiting = [*references.running.values(), *references.waiting]
    references.running = {}
    for number in queue.study.resume(lambda n: read_result(folder.trial(n))):
        finished = read_result(folder.trial(number))
        assert finished is not None
        queue.tell_finished(number, finished)


def _check_fruitful(
    records: Sequence[TrialRecord], queue: SearchQueue, folder: StudyFolder
) -> None:
    """Raise SearchFailed where no network can be recommended."""
    if recommended(records) is not None:
        return
    reasons = [r.reason for r in records if r.reason]
    if queue.hopeless:
        why = f"the first {queue.failures} trials failed, such as: {reasons[0]}"
    elif queue.successes:
        why = "every finished network collapsed (skill below 0.02): it is no better than the median"
    elif reasons:
        why = f"no trial was finished; {reasons[0]}"
    else:
        why = (
            "it was stopped before the first trial was finished; go on with "
            f"`--name {folder.name} --resume`"
        )
    raise SearchFailed(f"The search found no network: {why}.")


def _warm_starts(space: SearchSpace) -> list[Architecture]:
    """The named architectures that fit the space."""
    fitted = (space.fitted(load_architecture(name)) for name in architecture_names())
    return [architecture for architecture in fitted if architecture is not None]


def _vector_names(space: SearchSpace) -> list[str]:
    """The element vectors that the space's embeddings read."""
    domains = space.embedding.kinds.values()
    return sorted({str(v) for kind in domains for v in kind["element_vectors"].values})


def _tracker(track: bool, uri: str | None, runs: Path) -> Tracker:
    if not track:
        return NullTracker()
    from fusionnas.tracking.mlflow_tracker import MlflowTracker

    if uri is not None:
        return MlflowTracker(uri, None)
    return MlflowTracker(f"sqlite:///{(runs / 'mlflow.db').absolute()}", runs / "mlartifacts")


def _default_name(data: str, space: str) -> str:
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in f"{data}-{space}")
    return f"{safe}-{datetime.now():%Y%m%d-%H%M%S}"

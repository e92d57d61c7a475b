"""The folder of a study: its files and their names, which are defined only here.

study.yaml     everything needed to repeat the study
warm_start.json   the trials that it took over from other studies, if any
data.csv.gz    the compositions, their targets and their parts of the split
skipped_rows.csv   rows of the data that could not be read, if --skip-bad-rows left them out
probe.csv      the compositions whose environments are clustered
study.db       the Optuna study, the only valid state; elsewhere if study.yaml names a storage
trials/N/      architecture, weights and result of a trial
trials.csv     the table of trials, made from study.db
yardsticks/    a folder for each yardstick: model, predictions, validation error, seconds
final/         the best networks, trained again longer and from several seeds
references/    the reference networks
band.json      the target band; there from the start if it was given
summary.json   the results of the study
best/          the recommended network as a bundle
predictor/     an ensemble of the best networks and yardsticks, if it is better than one network
report.html, cecv.png, test_predictions.csv
report/        the views of the report as files: a picture and a table for each
sample_efficiency.json  errors of the best architecture on fewer rows, if they were measured
"""

from __future__ import annotations

import gzip
import json
import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.cecv.band_file import read_band
from fusionnas.cecv.probe_file import write_probe_file
from fusionnas.cecv.target_band import TargetBand
from fusionnas.data.conditions import Conditions
from fusionnas.data.dataset import Dataset
from fusionnas.data.reading.bad_rows import SKIPPED_ROWS, table_of
from fusionnas.data.splits import Parts
from fusionnas.data.stored_rows import read_stored
from fusionnas.data.table import CompositionTable, encode_formulas
from fusionnas.errors import StudyError, did_you_mean
from fusionnas.files.atomic import whole_file, write_csv, write_text
from fusionnas.files.causes import cause_of
from fusionnas.files.whole_folder import remove_parts
from fusionnas.files.yaml_file import read_yaml, write_yaml
from fusionnas.searching.objectives import DEFAULT
from fusionnas.searching.reference_runs import ReferenceRun, reference_runs
from fusionnas.studies.lock import is_locked, lock
from fusionnas.tasks.columns import columns_of
from fusionnas.tasks.kinds import stored_task
from fusionnas.tasks.task import Task

if TYPE_CHECKING:
    import optuna
    import pandas as pd

STUDY = "study.yaml"  # everything needed to repeat a study
RUNS = Path("runs")
SAMPLE_EFFICIENCY = "sample_efficiency.json"


@dataclass(frozen=True, slots=True)
class StudyFolder:
    path: Path

    @classmethod
    def find(cls, name: str | Path, runs: Path = RUNS) -> StudyFolder:
        """Find a study by its name under `runs`, or by its path.

        Raises:
            StudyError: there is none; the message offers the nearest name.
        """
        for path in (runs / name, Path(name)):
            if (path / STUDY).is_file():
                return cls(path)
        known = sorted(p.parent.name for p in runs.glob(f"*/{STUDY}"))
        hint = did_you_mean(str(name), known) if known else f"there are none in {runs}."
        raise StudyError(f"There is no study '{name}'; {hint}")

    @classmethod
    def newest(cls, runs: Path, space_hash: str, fingerprint: str) -> StudyFolder:
        """The newest study of this space and data, without rescored copies.

        Raises:
            StudyError: there is none.
        """
        found = []
        for path in runs.glob(f"*/{STUDY}"):
            folder = cls(path.parent)
            facts = folder.facts
            same = (facts["space"]["hash"], facts["data"]["fingerprint"])
            if same == (space_hash, fingerprint) and "rescored_from" not in facts:
                found.append((facts["created"], str(path), folder))
        if not found:
            raise StudyError(f"There is no study of this space and data in {runs} to resume.")
        return max(found)[2]

    @property
    def name(self) -> str:
        """The folder's own name, also if the path to it is `.`."""
        return Path(os.path.abspath(self.path)).name

    @property
    def resuming(self) -> str:
        """The options with which a search continues this study, quoted for a shell."""
        return shlex.join(["--name", self.name, "--resume"])

    @property
    def facts(self) -> Mapping[str, Any]:
        """The content of study.yaml."""
        return read_yaml(self.path / STUDY, StudyError)

    @property
    def task(self) -> Task:
        """The task of its data."""
        return stored_task(self.facts["data"])

    @property
    def counted(self) -> str:
        """What is counted in the data: compositions, or rows where one has several conditions."""
        return "compositions" if self.conditions is None else "rows"

    @property
    def conditions(self) -> Conditions | None:
        """The conditions of its data beside the formula."""
        return Conditions.of_facts(self.facts["data"])

    @property
    def objectives(self) -> tuple[str, ...]:
        """Names of the quantities that the study minimises."""
        return tuple(self.facts.get("objectives", DEFAULT))

    @property
    def database(self) -> Path:
        return self.path / "study.db"

    def open_study(self, storage: str | None = None, create: bool = False) -> optuna.Study:
        """The Optuna study: in study.db, or in the database that study.yaml names.

        Args:
            storage: URL of the same database with its password.
            create: make the study if there is none; otherwise a missing study is a StudyError.

        Raises:
            StudyError: there is no study yet. OptionError: the database cannot be reached.
        """
        from fusionnas.searching.storage import open_study

        names = self.objectives
        recorded = self.facts.get("storage")
        if recorded is not None:
            return open_study(storage or recorded["url"], recorded["study"], create, names)
        if not create and not self.database.is_file():
            raise StudyError(f"The study '{self.name}' has no study.db.")
        url = f"sqlite:///{self.database.absolute()}"
        return open_study(url, self.name if create else None, create, names)

    @property
    def best(self) -> Path:
        return self.path / "best"

    @property
    def predictor(self) -> Path:
        """Path of the ensemble, which the study may not have."""
        return self.path / "predictor"

    @property
    def folds(self) -> int:
        """Number of folds on which its networks were trained; 0 is none."""
        return int(self.facts.get("folds", 0))

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def data_file(self) -> Path:
        return self.path / "data.csv.gz"

    @property
    def probe(self) -> Path:
        return self.path / "probe.csv"

    @property
    def views(self) -> Path:
        return self.path / "report"

    @property
    def cecv_plot(self) -> Path:
        return self.path / "cecv.png"

    def write_probe(self, table: CompositionTable) -> None:
        """Write the probe's compositions into the folder, if they are not there yet."""
        if not self.probe.exists():
            write_probe_file(self.probe, table)

    def write_data(self, dataset: Dataset) -> None:
        """Write compositions, targets, parts and skipped rows into the folder, once."""
        if self.data_file.exists():
            return
        if dataset.skipped:
            write_csv(self.path / SKIPPED_ROWS, table_of(dataset.skipped))
        # without name and time in the gzip header, the same data give the same file
        with (
            whole_file(self.data_file) as file,
            gzip.GzipFile("", "wb", 6, file, mtime=0) as packed,
        ):
            _stored(dataset).to_csv(packed, index=False)

    def data(self) -> pd.DataFrame:
        """Columns `formula`, `target` and `part` (train, val or test); `group` where there are,
        and one for each condition (`fusionnas.data.stored_rows`). Several targets are columns
        `target[NAME]`, with empty cells for gaps (`fusionnas.tasks.columns`).

        Raises:
            StudyError: the study is of an earlier version that did not store them.
        """
        if not self.data_file.is_file():
            raise StudyError(f"The study '{self.name}' has no data.csv.gz.")
        return read_stored(self.data_file, self.conditions)

    def training_compositions(self, whole: bool) -> CompositionTable | None:
        """The compositions that a network was trained on; None for a study without stored data.

        With folds they are those of the training and validation parts, and also if the network was
        trained on the `whole` of these parts.
        """
        if not self.data_file.is_file():
            return None
        data = self.data()
        used = ("train", "val") if self.folds or whole else ("train",)
        table = encode_formulas(data.loc[data["part"].isin(used), "formula"].tolist())
        return table if self.conditions is None else table.distinct()

    def parts(self) -> Parts:
        """Rows of `data` by part; raises StudyError like `data`."""
        data = self.data()
        part = data["part"].to_numpy()
        groups = data["group"].to_numpy() if "group" in data else None
        train, val, test = (np.flatnonzero(part == name) for name in ("train", "val", "test"))
        return Parts(train, val, test, groups)

    def trial(self, number: int) -> Path:
        return self.path / "trials" / str(number)

    def references(self) -> list[ReferenceRun]:
        """The reference trainings that have ended."""
        return reference_runs(self.path)

    def sample_efficiency(self, trial: int) -> list[Mapping[str, Any]]:
        """Trainings of a trial's architecture on fewer rows; empty if none were run.

        Each has `rows`, `share` and the validation error, such as `val_mae`.
        """
        path = self.path / SAMPLE_EFFICIENCY
        if not path.is_file():
            return []
        kept = json.loads(path.read_text(encoding="utf-8"))
        return list(kept["runs"]) if kept["trial"] == trial else []

    def band(self) -> TargetBand | None:
        """The target band, or None; raises CECVError if its file is damaged."""
        path = self.path / "band.json"
        return read_band(path) if path.is_file() else None

    def summary(self) -> Mapping[str, Any]:
        """The results of the study; raises StudyError if it is not finished."""
        path = self.path / "summary.json"
        if not path.is_file():
            raise StudyError(
                f"The study '{self.name}' has no results yet; continue it with the same command "
                f"and {self.resuming}."
            )
        return json.loads(path.read_text(encoding="utf-8"))

    def reopen(self) -> None:
        """Remove the summary: what an earlier run has left is about to be replaced."""
        (self.path / "summary.json").unlink(missing_ok=True)

    def trials(self) -> pd.DataFrame:
        """The table of trials."""
        import pandas as pd

        return pd.read_csv(self.path / "trials.csv")

    def create(self, facts: Mapping[str, Any], band: TargetBand | None = None) -> None:
        """Make the folder, with the band if one is given.

        Raises:
            StudyError: it cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if band is not None:
                self.write_json("band.json", band.to_dict())
            write_yaml(self.path / STUDY, facts)
        except OSError as e:
            raise StudyError(
                f"The study folder {self.path} cannot be written: {cause_of(e)}"
            ) from e

    def write_json(self, name: str, plain: Mapping[str, Any]) -> None:
        write_text(self.path / name, json.dumps(plain, indent=1, ensure_ascii=False))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Allow one driver at a time, and remove unfinished files of a killed one.

        Raises:
            StudyError: another search is running here.
        """
        with lock(self.path):
            remove_parts(self.path)
            yield

    @property
    def is_locked(self) -> bool:
        """Whether a search is running here."""
        return is_locked(self.path)

    def is_study(self, study: str) -> bool:
        """Whether the study with this id is here; another one can have had the name before."""
        return (self.path / STUDY).is_file() and self.facts.get("id") == study

    @property
    def left_at(self) -> float | None:
        """When the search wrote last, in seconds since 1970; None while one is running here."""
        if self.is_locked:
            return None
        place = self.database if self.database.is_file() else self.path
        return place.stat().st_mtime


def _stored(dataset: Dataset) -> pd.DataFrame:
    """The data as a study stores them: several targets get the names of `columns_of`, which no
    other column has."""
    frame, names = dataset.to_frame(), dataset.target_names
    if not names:
        return frame
    stored = columns_of("target", dataset.targets, names)
    return frame.rename(columns=dict(zip(names, stored, strict=True)))

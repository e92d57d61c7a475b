"""The folder of a study: what lies where, and the one place that names its files.

study.yaml     everything needed to repeat the study
warm_start.json   the trials that it took over from other studies, where it did
data.csv.gz    the compositions, their targets and their parts of the split
skipped_rows.csv   rows of the data that could not be read, where --skip-bad-rows left them out
probe.csv      the compositions whose environments are clustered
study.db       the Optuna study, the one truth; elsewhere where study.yaml names a storage
trials/N/      architecture, weights and result of a trial
trials.csv     the table of trials, made from study.db
yardsticks/    what needs no network, a folder each: model, predictions, validation error, seconds
final/         the best networks trained again, longer and from several seeds
references/    the reference networks
band.json      the target band; there from the start where it was given
summary.json   what the study found
best/          the recommended network as a bundle
predictor/     an ensemble of the best networks and yardsticks, where it is better than one network
report.html, cecv.png, test_predictions.csv
report/        the views of the report as files: a picture and a table each
sample_efficiency.json  errors of the best architecture on fewer rows, where they were asked for
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
from fusionnas.data.dataset import Dataset
from fusionnas.data.reading.bad_rows import SKIPPED_ROWS, table_of
from fusionnas.data.splits import Parts
from fusionnas.data.table import CompositionTable, encode_formulas
from fusionnas.errors import StudyError, did_you_mean
from fusionnas.files.atomic import whole_file, write_csv, write_text
from fusionnas.files.causes import cause_of
from fusionnas.files.whole_folder import remove_parts
from fusionnas.files.yaml_file import read_yaml, write_yaml
from fusionnas.searching.objectives import DEFAULT
from fusionnas.searching.reference_runs import ReferenceRun, reference_runs
from fusionnas.studies.lock import is_locked, lock
from fusionnas.tasks.regression import REGRESSION

if TYPE_CHECKING:
    import optuna
    import pandas as pd

RUNS = Path("runs")
# of a training's result: what a bundle tells of it
METRICS = (
    *REGRESSION.keys("val"),
    "skill",
    "collapsed",
    "best_epoch",
    "averaged",
    "parameters",
    "train_seconds",
    "order_gap",
)
SAMPLE_EFFICIENCY = "sample_efficiency.json"


@dataclass(frozen=True, slots=True)
class StudyFolder:
    path: Path

    @classmethod
    def find(cls, name: str | Path, runs: Path = RUNS) -> StudyFolder:
        """A study by its name under `runs`, or by its path.

        Raises:
            StudyError: there is none; the nearest name is offered.
        """
        for path in (runs / name, Path(name)):
            if (path / "study.yaml").is_file():
                return cls(path)
        known = sorted(p.parent.name for p in runs.glob("*/study.yaml"))
        hint = did_you_mean(str(name), known) if known else f"there are none in {runs}."
        raise StudyError(f"There is no study '{name}'; {hint}")

    @classmethod
    def newest(cls, runs: Path, space_hash: str, fingerprint: str) -> StudyFolder:
        """The newest study of this space and data, re-scored copies left out.

        Raises:
            StudyError: there is none.
        """
        found = []
        for path in runs.glob("*/study.yaml"):
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
        """The folder's own name, also where the path to it is `.`."""
        return Path(os.path.abspath(self.path)).name

    @property
    def resuming(self) -> str:
        """The options by which a search goes on with this study, as a shell reads them."""
        return shlex.join(["--name", self.name, "--resume"])

    @property
    def facts(self) -> Mapping[str, Any]:
        """What study.yaml holds."""
        return read_yaml(self.path / "study.yaml", StudyError)

    @property
    def objectives(self) -> tuple[str, ...]:
        """What the study minimises."""
        return tuple(self.facts.get("objectives", DEFAULT))

    @property
    def database(self) -> Path:
        return self.path / "study.db"

    def open_study(self, storage: str | None = None, create: bool = False) -> optuna.Study:
        """The Optuna study: in study.db, or in the database that study.yaml names.

        Args:
            storage: the same database by a URL with its password.
            create: make the study where there is none yet; else that is a StudyError.

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
        """The ensemble, where the study has one."""
        return self.path / "predictor"

    @property
    def folds(self) -> int:
        """How many folds its networks were trained on; 0 is none."""
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
        """Put the probe's compositions into the folder, where they are not there yet."""
        if not self.probe.exists():
            write_probe_file(self.probe, table)

    def write_data(self, dataset: Dataset) -> None:
        """Put compositions, targets, parts and skipped rows into the folder, once."""
        if self.data_file.exists():
            return
        if dataset.skipped:
            write_csv(self.path / SKIPPED_ROWS, table_of(dataset.skipped))
        # without a name and a time in its header the same data are the same file
        with (
            whole_file(self.data_file) as file,
            gzip.GzipFile("", "wb", 6, file, mtime=0) as packed,
        ):
            dataset.to_frame().to_csv(packed, index=False)

    def data(self) -> pd.DataFrame:
        """Columns `formula`, `target` and `part` (train, val or test).

        Raises:
            StudyError: a study of an earlier version did not keep them.
        """
        import pandas as pd

        if not self.data_file.is_file():
            raise StudyError(f"The study '{self.name}' keeps no data.csv.gz.")
        return pd.read_csv(self.data_file, na_filter=False, float_precision="round_trip")

    def training_compositions(self) -> CompositionTable | None:
        """Those that networks were trained on; None for a study that kept no data.

        With folds they are those of the training and the validation part.
        """
        if not self.data_file.is_file():
            return None
        data = self.data()
        used = ("train", "val") if self.folds else ("train",)
        return encode_formulas(data.loc[data["part"].isin(used), "formula"].tolist())

    def parts(self) -> Parts:
        """Rows of `data` by part; StudyError as `data`."""
        part = self.data()["part"].to_numpy()
        return Parts(*(np.flatnonzero(part == name) for name in ("train", "val", "test")))

    def trial(self, number: int) -> Path:
        return self.path / "trials" / str(number)

    def references(self) -> list[ReferenceRun]:
        """The reference trainings that ended."""
        return reference_runs(self.path)

    def sample_efficiency(self, trial: int) -> list[Mapping[str, Any]]:
        """Trainings of a trial's architecture on fewer rows; empty where none were asked for.

        Each has `rows`, `share` and `val_mae`.
        """
        path = self.path / SAMPLE_EFFICIENCY
        if not path.is_file():
            return []
        kept = json.loads(path.read_text(encoding="utf-8"))
        return list(kept["runs"]) if kept["trial"] == trial else []

    def band(self) -> TargetBand | None:
        """The target band, where there is one; CECVError where its file is damaged."""
        path = self.path / "band.json"
        return read_band(path) if path.is_file() else None

    def summary(self) -> Mapping[str, Any]:
        """What the study found; StudyError where it is not finished."""
        path = self.path / "summary.json"
        if not path.is_file():
            raise StudyError(
                f"The study '{self.name}' has no results yet; go on with it by the same command "
                f"and {self.resuming}."
            )
        return json.loads(path.read_text(encoding="utf-8"))

    def trials(self) -> pd.DataFrame:
        """The table of trials."""
        import pandas as pd

        return pd.read_csv(self.path / "trials.csv")

    def create(self, facts: Mapping[str, Any], band: TargetBand | None = None) -> None:
        """Make the folder, with the band where one is given.

        Raises:
            StudyError: it cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if band is not None:
                self.write_json("band.json", band.to_dict())
            write_yaml(self.path / "study.yaml", facts)
        except OSError as e:
            raise StudyError(
                f"The study folder {self.path} cannot be written: {cause_of(e)}"
            ) from e

    def write_json(self, name: str, plain: Mapping[str, Any]) -> None:
        write_text(self.path / name, json.dumps(plain, indent=1, ensure_ascii=False))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One driver at a time, which removes what a killed one was writing.

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

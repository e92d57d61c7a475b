"""The page of a search while it runs: how it stands, its trials, and pictures of the search."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fusionnas.errors import FusionNASError
from fusionnas.report.layout import Panel, blocks, panel, render
from fusionnas.report.page import check_enough, trial_rows
from fusionnas.report.views import view_maker
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.running import RunningStudy
from fusionnas.studies.status import FINISHED, StudyStatus, about, duration, status

VIEWS = ("best-so-far", "front", "parallel")  # drawn again whenever a trial has ended
EVERY = 5  # seconds after which the page asks again


@dataclass(slots=True)
class LivePage:
    """The page of a study, drawn again only where something has changed."""

    folder: StudyFolder
    _drawn: tuple[Any, list[Panel]] = field(default=(None, []))

    def finished(self) -> bool:
        """Whether the search has ended and left its report."""
        return status(self.folder.path).state == FINISHED and self.folder.report.is_file()

    def html(self) -> str:
        """The page as it stands now."""
        found = status(self.folder.path)
        study = RunningStudy(self.folder)
        if self._drawn[0] != found.trials.by_state:
            self._drawn = (found.trials.by_state, _panels(study))
        trials = study.trials
        facts = self.folder.facts
        return render(
            "live.html.jinja",
            status=found,
            error=study.error,
            val=study.val,
            about=_about(found),
            target=facts["data"].get("target", facts["data"]["name"]),
            blocks=blocks(self._drawn[1]),
            trials=trial_rows(trials, study.val) if len(trials) else [],
            best=study.summary["chosen"]["number"],
            timed="latency_ms" in trials,
            every=EVERY,
        )


def _about(found: StudyStatus) -> str:
    pace = f", {found.trials_per_hour:.0f} done an hour" if found.trials_per_hour else ""
    final = f"{found.final_trainings} final trainings done; " if found.final_trainings else ""
    left = "" if found.seconds_left is None else f"; {about(found.seconds_left)} left"
    trials = found.trials.words if found.trials.by_state else "no trial yet"
    return (
        f"Search {found.name}, {found.state}: {trials}; {found.references} reference networks "
        f"trained; {final}{duration(found.active_seconds)} so far{pace}{left}."
    )


def _panels(study: RunningStudy) -> list[Panel]:
    """Those views that the trials so far give."""
    found = []
    with TemporaryDirectory() as scratch:
        for name in VIEWS:
            try:
                maker = view_maker(name)
                view = maker.make(study)
                check_enough(view, maker)
                found.append(panel(view, Path(scratch), study.unit))
            except (FusionNASError, KeyError):  # KeyError: no trial has ended yet
                continue
    return found

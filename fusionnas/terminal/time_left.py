"""How long a search still takes, from what its trainings took so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from fusionnas.searching.outlook import Outlook
from fusionnas.searching.time_plan import CONCLUSION

# Before the first trial has ended only reference networks tell the pace, and those are small: in
# searches of the default space a trial took two to four times as long as a reference at full width.
TRIAL_OVER_REFERENCE = 3.0
# The first trials are quick ones: later ones, and the best, which the final training takes, consist
# of more components. So what the references suggest counts as much as this number of trials.
SUGGESTED = 4
BEST = 3  # trials whose networks the final training is likely to take, and how long those took


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is yet to be trained."""

    trials: int
    references: int
    final: int
    # of the trainings that run: how long each is, as if it were a trial, and its seconds so far
    running: tuple[tuple[float, float], ...] = ()


@dataclass(slots=True)
class TimeLeft:
    """Seconds until the end, as trainings end."""

    outlook: Outlook
    references: list[float] = field(default_factory=list)  # seconds of each that ended
    trials: list[tuple[float, float]] = field(default_factory=list)  # error and seconds of each
    final: list[float] = field(default_factory=list)  # seconds of each, as if it were a trial

    def seconds(self, ahead: Ahead, paces: Iterable[float] = ()) -> float | None:
        """Until the end of the run; None where nothing tells it yet.

        Args:
            ahead: what is yet to be trained.
            paces: seconds of an epoch of the trainings that run, as if they were trials.
        """
        trial = self._trial(paces)
        if trial is None:
            return None
        reference = _mean(self.references) or trial / (TRIAL_OVER_REFERENCE * self.outlook.folds)
        final = _mean(self.final) or self._best() or trial
        waiting = ahead.trials * trial + ahead.references * reference
        waiting += ahead.final * self.outlook.final_length * final
        running = sum(max(0.0, length * trial - spent) for length, spent in ahead.running)
        return (waiting + running) / self.outlook.workers + CONCLUSION

    def _trial(self, paces: Iterable[float]) -> float | None:
        """Seconds of a trial."""
        if self.trials or self.references:
            return _mean([*self._suggested(), *(seconds for _, seconds in self.trials)])
        known = list(paces)
        if not known:
            return None
        return self.outlook.folds * self.outlook.epochs * sum(known) / len(known)

    def _best(self) -> float | None:
        """Seconds of the best trials."""
        best = [seconds for _, seconds in sorted(self.trials)[:BEST]]
        return _mean([*self._suggested(), *best]) if best else None

    def _suggested(self) -> list[float]:
        """Seconds of trials as the references suggest them."""
        if not self.references:
            return []
        one = TRIAL_OVER_REFERENCE * self.outlook.folds * max(self.references)
        # they count for less as trials end, and for nothing once half of them have
        half = max(1.0, (self.outlook.trials or 0) / 2)
        return [one] * round(SUGGESTED * max(0.0, 1 - len(self.trials) / half))


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None

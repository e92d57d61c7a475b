"""How the time of a run is divided: trials first, then the final training, then the end.

With several workers the yardsticks are fitted beside the trials. With one worker each would take
the time of a trial, so they have a time of their own between the trials and the final training.
"""

from __future__ import annotations

import time

SEARCH_SHARE = 0.5  # share of the time before the end, if a final training follows
MOST_YARDSTICKS = 1 / 3  # largest share that is kept for yardsticks; they take what they need
CONCLUSION = 40.0  # seconds for tables, bundles, their verification and the report
MOST_CONCLUDING = 0.3  # largest share of a very short run
CAUTION = 1.15  # trainings take longer than earlier ones suggest


class TimePlan:
    """Decides until when trials and final trainings are started.

    Args:
        seconds: from now to the end of the run; None is no limit.
        finals: whether a final training follows the trials.
        yardsticks: seconds that yardsticks are expected to take when the time for trials is over;
            0 if they are fitted beside the trials, or not at all.
    """

    def __init__(
        self, seconds: float | None = None, finals: bool = False, yardsticks: float = 0.0
    ) -> None:
        self.end = self.trials_end = self.finals_end = None
        self.yardsticks = 0.0  # seconds kept for them
        self.most_yardsticks = 0.0  # seconds that they may take where some are kept
        if seconds is not None:
            self.end = time.monotonic() + seconds
            self.finals_end = self.end - min(CONCLUSION, MOST_CONCLUDING * seconds)
            share = SEARCH_SHARE if finals else 1.0
            now = time.monotonic()
            left = self.finals_end - now
            self.most_yardsticks = MOST_YARDSTICKS * left
            self.yardsticks = min(yardsticks, self.most_yardsticks)
            self.trials_end = now + share * (left - self.yardsticks)

    def searching(self, expected: float = 0.0, needed: bool = False) -> bool:
        """Whether a training that is expected to take so many seconds may start now.

        `needed` is for a search without a network: it may use the time of the yardsticks and of
        the final trainings.
        """
        if self.trials_end is None or self.finals_end is None:
            return True
        now = time.monotonic()
        end = self.finals_end if needed else self.trials_end
        last = self.finals_end if needed else self.finals_end - self.yardsticks
        return now < end and now + CAUTION * expected < last

    @property
    def seconds_for_trials(self) -> float | None:
        """Seconds in which trials may still start; None is no limit."""
        return None if self.trials_end is None else self.trials_end - time.monotonic()

    def seconds_for_yardsticks(self, spent: float) -> float | None:
        """Seconds that a yardstick may take if it starts now; None is no limit.

        `spent` is what others have taken, which counts where all have a time of their own.
        """
        if self.finals_end is None:
            return None
        left = self.finals_end - time.monotonic()
        return min(left, self.most_yardsticks - spent) if self.yardsticks else left

    @property
    def seconds_for_finals(self) -> float | None:
        """Seconds that a final training may take if it starts now; None is no limit."""
        if self.finals_end is None:
            return None
        return (self.finals_end - time.monotonic()) / CAUTION

    @property
    def left(self) -> float | None:
        """Seconds until the end of the run; None if there is no limit."""
        return None if self.end is None else max(0.0, self.end - time.monotonic())

"""A training that is not finished yet, on disk beside the bundle that it will become.

    OUT.training/state.pt     as it stood after an epoch, with what is trained: architecture, data,
                              recipe, seed, rates, and the number of threads; written every 30
                              seconds at most, and on Ctrl-C

With `--resume` it goes on from there. On a CPU it comes to the same weights, bit by bit, as if it
had never stopped.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from fusionnas.errors import OptionError, StorageError
from fusionnas.files.causes import cause_of
from fusionnas.training.state_file import read_state, write_state
from fusionnas.training.trainer import Trainer

EVERY = 30.0  # seconds between two states at least
_STATE = "state.pt"


def folder_of(out: Path) -> Path:
    """Where the training of the bundle `out` is kept."""
    return out.with_name(f"{out.name}.training")


class Unfinished:
    """Where the training of a bundle is kept until it is finished."""

    def __init__(self, out: Path, plan: Mapping[str, Any], resume: bool) -> None:
        """
        Args:
            out: the folder of the bundle.
            plan: what is trained, plain data.
            resume: go on with what is there; else nothing may be there.

        Raises:
            OptionError: there is a training, and it was not to be resumed or has another plan.
            StorageError: its state is damaged.
        """
        self.folder = folder_of(out)
        self.last = time.monotonic()
        self.plan = json.loads(json.dumps(plan))  # as it is read again
        self.before: dict[str, Any] | None = None
        if not (self.folder / _STATE).is_file():
            return
        if not resume:
            raise OptionError(
                f"{self.folder} holds a training that was not finished. Go on with it with "
                "--resume, or remove the folder."
            )
        self.before = read_state(self.folder / _STATE)
        began = (self.before or {}).get("plan", {})
        if other := [key for key in self.plan if began.get(key) != self.plan[key]]:
            raise OptionError(
                f"The training in {self.folder} cannot go on, since its {', '.join(other)} differs "
                "from what is asked for now. Give the options that it began with, or remove the "
                "folder."
            )

    @property
    def threads(self) -> int | None:
        """How many the training that goes on had; None where one begins."""
        return (self.before or {}).get("threads")

    def restore(self, trainer: Trainer) -> bool:
        """Put a training where it stood; False where it begins."""
        if self.before is None:
            return False
        trainer.go_on(self.before)
        self.before = None
        return True

    def keep(self, trainer: Trainer, now: bool = False) -> None:
        """After an epoch: write the state, `now` or unless that was done a moment ago.

        Raises:
            StorageError: it cannot be written; the state before it is still there.
        """
        if not now and time.monotonic() - self.last < EVERY:
            return
        threads = torch.get_num_threads()
        state = trainer.state() | {"plan": self.plan, "threads": threads}
        try:
            write_state(self.folder / _STATE, state)
        except OSError as e:
            raise StorageError(
                f"The training stopped, since its state cannot be written: {cause_of(e)} The same "
                "command with --resume goes on from the state before."
            ) from e
        self.last = time.monotonic()

    def finished(self) -> None:
        """The bundle is written."""
        shutil.rmtree(self.folder, ignore_errors=True)

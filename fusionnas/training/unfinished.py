"""An unfinished training, on disk beside the bundle that it will become.

    OUT.training/state.pt     its state after an epoch, with its plan: architecture, data, recipe,
                              seed, rates, and the number of threads; written at most every 30
                              seconds, and on Ctrl-C

With `--resume` it continues from there. On a CPU it gives the same weights, bit by bit, as if it
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

EVERY = 30.0  # minimum number of seconds between two states
_STATE = "state.pt"


def folder_of(out: Path) -> Path:
    """The folder for the unfinished training of the bundle `out`."""
    return out.with_name(f"{out.name}.training")


class Unfinished:
    """Stores the training of a bundle until it is finished."""

    def __init__(self, out: Path, plan: Mapping[str, Any], resume: bool) -> None:
        """
        Args:
            out: folder of the bundle.
            plan: what is trained, plain data.
            resume: continue the stored training; otherwise nothing may be stored.

        Raises:
            OptionError: there is a training that was not to be resumed, or it has another plan.
            StorageError: its state is damaged.
        """
        self.folder = folder_of(out)
        self.last = time.monotonic()
        self.plan = json.loads(json.dumps(plan))  # in the form in which it is read again
        self.before: dict[str, Any] | None = None
        if not (self.folder / _STATE).is_file():
            return
        if not resume:
            raise OptionError(
                f"{self.folder} contains a training that was not finished. Continue it with "
                "--resume, or remove the folder."
            )
        self.before = read_state(self.folder / _STATE)
        began = (self.before or {}).get("plan", {})
        if other := [key for key in self.plan if began.get(key) != self.plan[key]]:
            raise OptionError(
                f"The training in {self.folder} cannot continue, since its {', '.join(other)} "
                "differs from what is asked for now. Give the options that it started with, or "
                "remove the folder."
            )

    @property
    def threads(self) -> int | None:
        """The number of threads of the training to continue; None for a new one."""
        return (self.before or {}).get("threads")

    def restore(self, trainer: Trainer) -> bool:
        """Restore the state of a training; False if there is none."""
        if self.before is None:
            return False
        trainer.resume(self.before)
        self.before = None
        return True

    def keep(self, trainer: Trainer, now: bool = False) -> None:
        """Write the state after an epoch, unless this was done a moment ago; with `now` always.

        Raises:
            StorageError: it cannot be written; the earlier state still exists.
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
                "command with --resume continues from the earlier state."
            ) from e
        self.last = time.monotonic()

    def finished(self) -> None:
        """The bundle is written; remove the stored training."""
        shutil.rmtree(self.folder, ignore_errors=True)

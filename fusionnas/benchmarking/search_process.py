"""A search in a separate process: `python -m fusionnas.benchmarking.search_process OPTIONS.json`.

The options are those of `SearchOptions`; `data` names a file with the data set.

If the process that started it is gone, it is interrupted as by Ctrl-C, and leaves a complete study.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import sys
import threading
import time
from pathlib import Path

from fusionnas.errors import FusionNASError
from fusionnas.workflows.search import run_search
from fusionnas.workflows.search_options import SearchOptions
from fusionnas.workflows.watching import SilentDisplay

EVERY = 1.0  # seconds between checks whether the parent still exists


def main() -> int:
    _end_with(os.getppid())
    options = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    # written by the worker that started this process (`systems.searches`)
    options["data"] = pickle.loads(Path(options["data"]).read_bytes())
    try:
        result = run_search(SearchOptions.of(**options), SilentDisplay())
    except FusionNASError as e:
        print(" ".join(str(e).split()), file=sys.stderr)
        return e.exit_code
    return 130 if result.interrupted else 0


def _end_with(parent: int) -> None:
    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(EVERY)
        for _ in range(2):  # the second one does not wait for the present epoch
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(EVERY)

    # a shell that started it in the background may have had it ignore interrupts
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())

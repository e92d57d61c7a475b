"""Replay searches over the table: `python -m benchmarks.table.compare v1 samplers|rungs|firsts`.

Each way to search (`replay.ARMS`) makes 120 trials from each seed, paired: the same seed begins
with the same random design. Only data sets of which every member was trained are searched. Those
with rungs (`replay.RUNG_ARMS`) get the training time of 25 whole trainings. Those with first trials
(`replay.FIRST_ARMS`) begin with a portfolio. Writes to results/replays.json.gz of the version, from
which `page.py` makes a page of the docs, in the place of what was there of the same kind.
"""

from __future__ import annotations

import argparse
import gzip
import json
import multiprocessing
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.table.protocol import VERSIONS, Protocol
from benchmarks.table.replay import ARMS, FIRST_ARMS, RUNG_ARMS, Arm, Replay
from benchmarks.table.table import Table
from fusionnas.searching.design import FULL as RANDOM_PROPOSALS
from fusionnas.searching.rungs import ETA

KINDS = {"samplers": ARMS, "rungs": RUNG_ARMS, "firsts": FIRST_ARMS}
TRIALS, RUNG_TRIALS = 120, 25
# of a whole training, what a trial costs on average where a third goes on at each of two rungs
SHARE = 1 / ETA**2 + (1 / ETA - 1 / ETA**2) / ETA + (1 - 1 / ETA) / ETA**2

_tables: dict[tuple[str, str], Table] = {}


def whole_sets(protocol: Protocol) -> list[str]:
    """The data sets of which every member was trained."""
    return [data for data in protocol.sets if Table.read(protocol, data).whole]


def replays_file(protocol: Protocol) -> Path:
    return protocol.results / "replays.json.gz"


def trials_of(arm: Arm, trials: int = TRIALS) -> int:
    if arm not in RUNG_ARMS:
        return trials
    if arm.rungs == "off":
        return RUNG_TRIALS
    # the random design is trained to its end, whatever the rungs are
    return RANDOM_PROPOSALS + round((RUNG_TRIALS - RANDOM_PROPOSALS) / SHARE)


def replay(task: tuple[str, str, Arm, int, int]) -> dict[str, Any]:
    version, data, arm, seed, trials = task
    if (version, data) not in _tables:
        _tables[version, data] = Table.read(Protocol.read(version), data)
    course = asdict(Replay(_tables[version, data], arm, seed, trials).run())
    rounded = {name: [round(x, 5) for x in values] for name, values in course.items()}
    return {"data": data, "arm": arm.name, "seed": seed, **rounded}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", choices=VERSIONS)
    parser.add_argument("what", choices=list(KINDS))
    parser.add_argument("--only", nargs="*", help="names of ways; the others stay as they are")
    parser.add_argument("--sets", nargs="*", help="names of data sets; the others likewise")
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--trials", type=int, default=TRIALS, help="of those without rungs")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    arms = [arm for arm in KINDS[options.what] if not options.only or arm.name in options.only]
    protocol = Protocol.read(options.version)
    sets = [data for data in whole_sets(protocol) if not options.sets or data in options.sets]
    kept = replays_file(protocol)
    tasks = [
        (protocol.version, data, arm, seed, trials_of(arm, options.trials))
        for seed in range(options.seeds)
        for data in sets
        for arm in arms
    ]
    before = json.loads(gzip.decompress(kept.read_bytes())) if kept.is_file() else []
    again = {(data, arm.name) for data in sets for arm in arms}
    found = [course for course in before if (course["data"], course["arm"]) not in again]
    begun = time.monotonic()
    os.environ["OMP_NUM_THREADS"] = "1"
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        for number, course in enumerate(pool.imap_unordered(replay, tasks), start=1):
            found.append(course)
            if number % 12 == 0:
                spent = time.monotonic() - begun
                left = spent / number * (len(tasks) - number) / 60
                print(f"{number}/{len(tasks)} replays, about {left:.0f} min left", flush=True)
    found.sort(key=lambda course: (course["data"], course["arm"], course["seed"]))
    kept.write_bytes(gzip.compress(json.dumps(found).encode(), mtime=0))


if __name__ == "__main__":
    main()

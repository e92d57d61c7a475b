"""Live searches beside their replays: `python -m benchmarks.table.live v1 [--set NAME]`.

Searches the table's space with real trainings on the table's rows, with the samplers that
`--samplers` names, and prints for each the best validation MAE after each ten trials beside what
the replays over the table had by then: their mean and their central 95%. The trainings have other
seeds than those of the table, so that a live search may end a little below its best network.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

import fusionnas
from benchmarks.table.courses import Courses
from benchmarks.table.measure import sample
from benchmarks.table.protocol import VERSIONS, Protocol


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", choices=VERSIONS)
    parser.add_argument("--data", type=Path, default=Path(), help="folder of the data sets")
    parser.add_argument("--set", default="ricci_seebeck_p")
    parser.add_argument("--samplers", nargs="+", default=["guided", "tpe", "random"])
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    protocol = Protocol.read(options.version)
    courses = Courses.read(protocol, options.set)
    dataset = sample(protocol, options.data, options.set)
    grid = np.arange(10, options.trials + 1, 10)
    print("sampler  trials  live best  replayed mean  (95% of replays)", flush=True)
    with tempfile.TemporaryDirectory() as runs:
        for sampler in options.samplers:
            result = fusionnas.search(
                str(protocol.space_file),
                dataset,
                trials=options.trials,
                name=sampler,
                seed=options.seed,
                sampler=sampler,
                epochs=protocol.sets[options.set].epochs,
                probe=protocol.probe,
                runs=runs,
                track=False,
            )
            trials = result.folder.trials().sort_values("number")
            trials = trials[~trials["state"].isin(["duplicate", "interrupted"])]
            best = trials["val_mae"].where(trials["state"] == "done").cummin().to_numpy()
            replayed = courses.along(sampler, "best", "trials", grid)
            for place, count in enumerate(grid):
                low, high = np.nanquantile(replayed[:, place], [0.025, 0.975])
                print(
                    f"{sampler:8} {count:6}  {best[count - 1]:9.4g}  "
                    f"{np.nanmean(replayed[:, place]):13.4g}  ({low:.4g} to {high:.4g})",
                    flush=True,
                )


if __name__ == "__main__":
    main()

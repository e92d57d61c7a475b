"""Corrected intervals that follow the shape of a mixture, beside symmetric ones.

    python -m benchmarks.accuracy.interval_shape STUDY [STUDY ...]

The predictor of each finished study predicts its test part. Eight times, half of it (at most 1,000
compositions) corrects the intervals and the rest checks them, in two ways: by the depth of the
target in the mixture (`fusionnas.statistics.calibration`), and symmetrically around the prediction,
by the distance in units of the uncertainty (Lei et al., J. Am. Stat. Assoc. 113 (2018) 1094). Both
have the same guarantee, so the narrower one is better. The table shows means over the eight draws.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from fusionnas.statistics.calibration import MOST, Calibration, inside, mean_width
from fusionnas.statistics.mixture import Mixture
from fusionnas.studies.finished import FinishedStudy
from fusionnas.studies.folder import StudyFolder

DRAWS = 8
LEVELS = (0.5, 0.9, 0.95)
Ends = tuple[np.ndarray, np.ndarray]


def by_depth(known: Mixture, target: np.ndarray, found: Mixture, level: float) -> Ends:
    """The product's intervals."""
    return Calibration.of(known, target).interval(found, level)


def symmetric(known: Mixture, target: np.ndarray, found: Mixture, level: float) -> Ends:
    """The prediction and the same distance on both sides."""
    scores = np.abs(target - known.value) / known.uncertainty
    reach = Calibration(np.sort(scores)).factor(level) * found.uncertainty
    return np.maximum(found.value - reach, found.lower_bound), found.value + reach


WAYS: dict[str, Callable[[Mixture, np.ndarray, Mixture, float], Ends]] = {
    "symmetric": symmetric,
    "by depth": by_depth,
}


def rows(study: FinishedStudy) -> Iterator[str]:
    """Lines of a table: level, way, share inside, mean width and median width."""
    target = study.predictions["target"].to_numpy()
    found = study.predictor.mixture(study.test_compositions)
    for level in LEVELS:
        for name, way in WAYS.items():
            rng, seen = np.random.default_rng(0), []
            for _ in range(DRAWS):
                order = rng.permutation(len(target))
                first = min(MOST, len(target) // 2)
                fitted, rest = order[:first], order[first:]
                ends = way(found.take(fitted), target[fitted], found.take(rest), level)
                width = np.median(ends[1] - ends[0])
                seen.append((100 * inside(ends, target[rest]), mean_width(ends), width))
            share, mean, median = np.mean(seen, axis=0)
            yield f"| {level:.0%} | {name} | {share:.1f}% | {mean:.4g} | {median:.4g} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="+", type=Path, metavar="STUDY")
    for path in parser.parse_args().studies:
        study = FinishedStudy(StudyFolder(path))
        print(f"\n{path.name}: {len(study.predictor.members)} models, {study.unit}\n")
        print("| level | way | inside | mean width | median width |\n|---:|---|---:|---:|---:|")
        print("\n".join(rows(study)))


if __name__ == "__main__":
    main()

"""Settings of the yardsticks, judged by the validation parts of several tables.

`OMP_NUM_THREADS=1 python -m benchmarks.accuracy.yardstick_settings --tables FOLDER`

FOLDER is that of `benchmarks.accuracy.yardsticks`. At most 4,000 training and 2,000 validation rows
of each table are taken; no test part is read. LightGBM is stopped by one half of the validation
rows and judged by the other. Finished settings are lines of
benchmarks/results/yardstick_settings.jsonl; `--table` prints them as Markdown: the validation MAE
of each setting over that of the default of its family.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

from benchmarks.accuracy.yardsticks import drawn, read
from fusionnas.data.scaling import Scaler
from fusionnas.files.ledger import Ledger
from fusionnas.models.baselines.boosting import BoostedTrees
from fusionnas.models.baselines.features import composition_features
from fusionnas.statistics.metrics import mae

RESULTS = Path(__file__).parents[1] / "results" / "yardstick_settings.jsonl"
TABLES = (
    "matbench/phonons",
    "matbench/dielectric",
    "extended/aflow_thermal_conductivity",
    "extended/aflow_bulk_modulus",
    "extended/mp_elastic_anisotropy",
    "extended/mp_shear_modulus",
)
TRAIN, VAL = 4000, 2000
# the first of each family is the default
FAMILIES: dict[str, tuple[dict[str, Any], ...]] = {
    "random forest": (
        {"max_features": 1 / 3},
        {"max_features": 1 / 3, "min_samples_leaf": 2},
        {"max_features": 0.6},
        {"max_features": 1 / 3, "n_estimators": 200},
        {"max_features": 1 / 3, "criterion": "absolute_error"},
    ),
    "extra trees": (
        {"max_features": 0.6},
        {"max_features": 0.6, "min_samples_leaf": 2},
        {"max_features": 1 / 3},
        {"max_features": 0.6, "bootstrap": True},
        {"max_features": 0.6, "n_estimators": 200},
    ),
    "LightGBM": (
        {},
        {"leaves": 31, "min_samples_leaf": 20},
        {"leaves": 127, "min_samples_leaf": 3},
        {"max_features": 1.0},
        {"rate": 0.1},
    ),
}


def measured(family: str, setting: dict[str, Any], parts: tuple[np.ndarray, ...]) -> float:
    """Validation MAE, over that of the training median; of forests by the median of the trees."""
    x, y, held_x, held_y = parts
    scaler = Scaler.fit(y)
    if family == "LightGBM":
        half = len(held_y) // 2
        stop, held_x, held_y = (held_x[:half], held_y[:half]), held_x[half:], held_y[half:]
        predicted = BoostedTrees(**setting).fit(x, y, stop).predict(held_x)
    else:
        kind = RandomForestRegressor if family == "random forest" else ExtraTreesRegressor
        forest = kind(random_state=0, n_jobs=1, **setting).fit(x, scaler.standardise(y))
        found = np.median([tree.predict(held_x) for tree in forest.estimators_], axis=0)
        predicted = scaler.restore(found)
    return mae(predicted, held_y) / mae(np.median(y), held_y)


def parts_of(folder: Path) -> tuple[np.ndarray, ...]:
    """Features and targets of the training part, then of the validation part."""
    dataset = drawn(read(folder), TRAIN)
    rows = (dataset.parts.train, dataset.parts.val[:VAL])
    features = [composition_features(dataset.table.take(r)) for r in rows]
    targets = [dataset.targets[r] for r in rows]
    return features[0], targets[0], features[1], targets[1]


def as_markdown() -> str:
    """A row a setting, a column a table; the geometric mean of what is there at the end."""
    found = {(r["family"], r["place"], r["table"]): r for r in Ledger(RESULTS)}
    names = [name.partition("/")[2] for name in TABLES]
    lines = [f"| | {' | '.join(names)} | all |", f"|---|{'---:|' * (len(TABLES) + 1)}"]
    for family, settings in FAMILIES.items():
        for place, setting in enumerate(settings):
            ratios = [
                found[family, place, t]["relative_mae"] / found[family, 0, t]["relative_mae"]
                if (family, place, t) in found
                else np.nan
                for t in TABLES
            ]
            told = ", ".join(
                f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in setting.items()
            )
            cells = ["–" if np.isnan(r) else f"{r:.3f}" for r in ratios]
            mean = f"{np.exp(np.nanmean(np.log(ratios))):.3f}"
            words = f"{family}: {told}" if place else f"{family}, the default"
            lines.append(f"| {words} | {' | '.join(cells)} | {mean} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tables", type=Path, help="folder of tables")
    parser.add_argument("--table", action="store_true", help="print what is there as Markdown")
    given = parser.parse_args()
    if given.table:
        print(as_markdown())
        return
    ledger = Ledger(RESULTS)
    for name in TABLES:
        parts = parts_of(given.tables / name)
        for family, settings in FAMILIES.items():
            for place, setting in enumerate(settings):
                key = f"{name} {family} {place}"
                if key in ledger.by_key():
                    continue
                begun = time.process_time()
                relative = measured(family, setting, parts)
                seconds = time.process_time() - begun
                ledger.add(
                    {
                        "key": key,
                        "table": name,
                        "family": family,
                        "place": place,
                        "setting": setting,
                        "relative_mae": relative,
                        "seconds": seconds,
                    }
                )
                print(f"{key}: {relative:.4f}, {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()

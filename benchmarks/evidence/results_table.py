"""The records of the runs as one table: a row an architecture and data set, seeds averaged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.evidence.design import SINGLE, read_protocol, runs
from benchmarks.evidence.run import ARCHITECTURES, RUNS
from fusionnas.cecv.clustering import THRESHOLDS
from fusionnas.cecv.target_band import Reference, TargetBand
from fusionnas.cecv.vector import Cecv, Provenance
from fusionnas.errors import CECVError
from fusionnas.tasks.regression import REGRESSION

SNAPSHOTS = ("untrained", "1", "3", "9", "final")
Records = list[dict[str, Any]]


def vector(record: Mapping[str, Any], snapshot: str, rule: str) -> Cecv:
    """A stored vector, with its provenance."""
    stored = record["vectors"][snapshot]
    made = Provenance("readout_input", rule, "within", record["probe"], record["probe_hash"])
    counts = tuple(map(float, stored[rule]))
    return Cecv(THRESHOLDS, counts, {}, stored["compounds"], {}, made)


def usable_references(records: Records, shuffled: bool) -> Records:
    """References that learned something, at widths where each side has two; all on shuffled."""
    found = [r for r in records if r["arm"] == "references" and r["shuffled"] == shuffled]
    found = [r for r in found if r["state"] == "done"]
    if shuffled:
        return found
    found = [r for r in found if r["skill"] >= REGRESSION.least_skill]
    enough = {
        width
        for width in {r["width"] for r in found}
        if all(
            sum(r["width"] == width and r["family"] == side for r in found) >= 2
            for side in ("global", "local")
        )
    }
    return [r for r in found if r["width"] in enough]


def band(references: Records, snapshot: str, rule: str) -> TargetBand | None:
    """The band of one data set at a snapshot; None where the references don't separate."""
    try:
        made = TargetBand.of(
            [
                Reference(r["family"], r["width"], r["seed"], vector(r, snapshot, rule))
                for r in references
            ]
        )
    except CECVError:
        return None
    return made if made.exists else None


def rank_deviation(references: Records) -> Callable[[Mapping[str, Any]], float]:
    """How far a network's log effective rank is from a quarter of the way between references."""
    widths = sorted({r["width"] for r in references})

    def level(side: str, width: int) -> float:
        of_side = [
            np.mean(
                [
                    np.log(r["vectors"]["final"]["effective_rank"])
                    for r in references
                    if r["family"] == side and r["width"] == w
                ]
            )
            for w in widths
        ]
        return float(np.interp(np.log(width), np.log(widths), of_side))

    def deviation(record: Mapping[str, Any]) -> float:
        g, k = level("global", record["width"]), level("local", record["width"])
        x = np.log(record["vectors"]["final"]["effective_rank"])
        return float(abs(x - (g + 0.25 * (k - g))) / abs(k - g))

    return deviation


def planned_rounds(records: Records) -> dict[str, bool]:
    """The protocol's rounds in their order, and whether every run of each is there."""
    done = {r["key"] for r in records}
    complete: dict[str, bool] = {}
    for run in runs(read_protocol()):
        complete[run.round] = complete.get(run.round, True) and run.key in done
    return complete


def architectures_table(records: Records, rounds: Iterable[str]) -> pd.DataFrame:
    """One row an architecture and data set, over the runs of whole rounds."""
    kept = [r for r in records if r["round"] in set(rounds)]
    rows = []
    for data in read_protocol()["data"]["sets"]:
        here = [r for r in kept if r["data"] == data]
        scores = _scorers(here)
        for name in dict.fromkeys(r["candidate"] for r in here if r["arm"] in ("A", "B")):
            mine = [r for r in here if r["candidate"] == name]
            rows.append({"data": data, "candidate": name} | _row(mine, scores))
    table = pd.DataFrame(rows)
    table["single"] = table["family"] == SINGLE
    return table


def _scorers(here: Records) -> dict[str, Callable[[Mapping[str, Any]], float]]:
    """What gives a run its deviations; a column that has no band is NaN."""
    references = usable_references(here, shuffled=False)
    bands = {
        "trained": (band(references, "final", "leader"), "final", "leader"),
        "early": (band(references, "1", "leader"), "1", "leader"),
        "untrained": (band(references, "untrained", "leader"), "untrained", "leader"),
        "pairs": (band(references, "final", "pairs"), "final", "pairs"),
    }
    permuted = band(usable_references(here, shuffled=True), "9", "leader")

    def of(found: TargetBand | None, snapshot: str, rule: str) -> Callable[..., float]:
        def deviation(record: Mapping[str, Any]) -> float:
            if found is None:
                return float("nan")
            made = vector(record, snapshot, rule)
            return found.score_vector(made, record["width"]).deviation

        return deviation

    scorers = {name: of(*how) for name, how in bands.items()}
    scorers["permuted"] = of(permuted, "9", "leader")
    scorers["rank"] = rank_deviation(references) if references else lambda record: float("nan")
    return scorers


def _row(mine: Records, scores: Mapping[str, Callable[..., float]]) -> dict[str, Any]:
    first = mine[0]
    plain = [r for r in mine if r["state"] == "done" and not r["shuffled"]]
    permuted = [r for r in mine if r["state"] == "done" and r["shuffled"]]
    row: dict[str, Any] = {
        "arm": first["arm"],
        "family": first["family"],
        "line": first["line"],
        "width": first["width"],
        "seeds": len(plain),
        "excluded": any(r["state"] != "done" for r in mine if not r["shuffled"]),
    }
    if row["excluded"] or not plain:
        return row | {"excluded": True}
    log_maes = np.log([r["test_mae"] for r in plain])
    row |= {
        "parameters": plain[0]["parameters"],
        "flops": plain[0]["flops"],
        "log_mae": log_maes.mean(),
        "log_mae_sd": log_maes.std(ddof=1) if len(plain) > 1 else np.nan,
        "log_early_mae": np.mean([np.log(r["val_maes"][0]) for r in plain]),
        "skill": np.mean([r["skill"] for r in plain]),
    }
    for name, score in scores.items():
        if name != "permuted":
            values = [score(r) for r in plain]
            row[name] = np.mean(values)
            if name == "trained":
                row["trained_sd"] = np.std(values, ddof=1) if len(plain) > 1 else np.nan
    if permuted:
        row["permuted"] = np.mean([scores["permuted"](r) for r in permuted])
    for snapshot in ("untrained", "1", "final"):
        logs = np.log([vector(r, snapshot, "leader").normalised for r in plain]).mean(axis=0)
        row |= {f"{snapshot}/{t:.2f}": x for t, x in zip(THRESHOLDS, logs, strict=True)}
    return row


def load_table() -> tuple[pd.DataFrame, Records, dict[str, bool]]:
    """The table, all records, and which rounds are complete."""
    if not ARCHITECTURES.is_file():
        raise SystemExit("There are no results yet; run run.py first.")
    records = list(RUNS)
    rounds = planned_rounds(records)
    table = architectures_table(records, [name for name, whole in rounds.items() if whole])
    return table, records, rounds

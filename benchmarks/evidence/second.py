"""The second experiment: effective rank, and clusters that look at the property (second.yaml).

It reads the trainings of the second table of architectures (benchmarks/table/v2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.evidence import analysis
from benchmarks.evidence.analysis import POOLED, Bootstrap, Estimate, partial_correlation
from benchmarks.evidence.design import HERE
from benchmarks.evidence.figures import markdown
from benchmarks.evidence.prediction import gain_of
from benchmarks.table.protocol import Protocol
from benchmarks.table.table import Table
from fusionnas.cecv.clustering import THRESHOLDS
from fusionnas.networks.architecture import Architecture
from fusionnas.search_space.members import members

PROTOCOL = HERE / "second.yaml"
SETS = {
    "aflow_thermal_conductivity": "thermal conductivity (AFLOW, 300 rows)",
    "phonons": "phonons (Matbench)",
    "dielectric": "refractive index (Matbench)",
    "mp_energy_above_hull": "energy above the hull (MP)",
    "mp_shear_modulus": "shear modulus (MP)",
    "mp_e_form": "formation energy (Matbench)",
}
WIDE = [place for place, threshold in enumerate(THRESHOLDS) if threshold >= 0.2 - 1e-9]
RANK = ("ninth/log_rank", "ninth/rank")
PROPERTY = tuple(f"ninth/explained/{THRESHOLDS[place]:.2f}" for place in WIDE)
Record = Mapping[str, Any]


def read() -> tuple[pd.DataFrame, tuple[int, ...]]:
    """A row for each member and data set that is complete, and the widths that are."""
    protocol = Protocol.read("v2")
    tables = [Table.read(protocol, data) for data in SETS]
    counts = dict.fromkeys(protocol.space.widths, 0)
    for member in members(protocol.space):
        counts[member.width] += 1
    whole = tuple(
        width
        for width, count in counts.items()
        if all(sum(r["width"] == width for r in t.members.values()) == count for t in tables)
    )
    rows = [_row(table, record) for table in tables for record in table.done]
    frame = pd.DataFrame(rows)
    return frame[frame["width"].isin(whole) & ~frame["single"]], whole


def _row(table: Table, record: Record) -> dict[str, Any]:
    ninth = record["rungs"][0]
    architecture = Architecture.from_dict(record["architecture"])
    all_stages = (*architecture.global_stages, *architecture.local_stages)
    stages = [stage.component.kind for stage in all_stages]
    both = architecture.global_stages and architecture.local_stages
    at = {name: _rank_distance(table, record, name) for name in ("final", "untrained", "ninth")}
    return {
        "data": table.data,
        "candidate": record["name"],
        "arm": f"w{record['width']}",
        "width": record["width"],
        "family": " ".join([*stages, architecture.fusion.kind if both else "alone"]),
        "single": stages == ["dcnn_k1"],
        "parameters": record["parameters"],
        "flops": record["flops"],
        "log_mae": np.log(record["test_mae"]),
        "log_val_mae": np.log(record["val_mae"]),
        "log_early_mae": np.log(ninth["val_mae"]),
        "rank": at["final"],
        "rank_untrained": at["untrained"],
        "property": -np.mean([record["explained"][place] for place in WIDE]),
        "property_null": -np.mean([record["explained_permuted"][place] for place in WIDE]),
        RANK[0]: np.log(ninth["effective_rank"]),
        RANK[1]: at["ninth"],
        **{name: ninth["explained"][place] for name, place in zip(PROPERTY, WIDE, strict=True)},
    }


def _look(record: Record, when: str) -> Record:
    looks: dict[str, Record] = {"final": record, "untrained": record["untrained"]}
    return looks[when] if when in looks else record["rungs"][0]


def _rank_distance(table: Table, record: Record, when: str) -> float:
    """How far the log effective rank is from a quarter of the way between the references."""

    def level(side: str) -> float:
        found = [
            np.log(_look(r, when)["effective_rank"])
            for r in table.references
            if r["width"] == record["width"] and side in r["name"]
        ]
        return float(np.mean(found))

    far, near = level("lstm"), level("dcnn-k1")
    x = np.log(_look(record, when)["effective_rank"])
    return float(abs(x - (far + 0.25 * (near - far))) / abs(near - far))


class Tests:
    """The four hypotheses over the data sets and pooled, with Holm's correction."""

    def __init__(self, table: pd.DataFrame) -> None:
        boot = Bootstrap(table, slope_by_arm=True)
        self.boot = boot
        self.found = {
            "R1": boot.estimates(lambda data, at: boot.correlation(data, at, "rank")),
            "R2": gain_of(boot, table, RANK),
            "P1": boot.estimates(lambda data, at: boot.correlation(data, at, "property")),
            "P2": gain_of(boot, table, PROPERTY),
        }
        self.beyond_null = {
            "R1": self._difference("rank", "rank_untrained"),
            "P1": self._difference("property", "property_null"),
        }
        self.given_error = boot.estimates(self._given_error)
        self.stands = analysis.holm(
            {(name, data): self.p(name, data) for name, by in self.found.items() for data in by}
        )

    def p(self, name: str, data: str) -> float:
        """Of a hypothesis; the larger one where there is a null to beat."""
        nulls = self.beyond_null.get(name, {})
        return max([self.found[name][data].p, *([nulls[data].p] if data in nulls else [])])

    def _difference(self, column: str, null: str) -> dict[str, Estimate]:
        boot = self.boot
        return boot.estimates(
            lambda data, at: boot.correlation(data, at, column) - boot.correlation(data, at, null)
        )

    def _given_error(self, data: str, places: np.ndarray) -> np.ndarray:
        boot, columns = self.boot, self.boot.columns[data]
        x, y, z, error = (
            columns[name][places] for name in ("property", "log_mae", "parameters", "log_val_mae")
        )
        return partial_correlation(x, y, np.log(z), boot.group, boot.arm, boot.slope, error)


ABOUT = {
    "R1": "the effective rank lies near to its place between the references, and the test MAE",
    "R2": "the effective rank at 1/9 of training foretells the final error",
    "P1": "the clusters explain the property, and the test MAE",
    "P2": "what the clusters explain at 1/9 of training foretells the final error",
}


def sections() -> Iterator[str]:
    """The part of the page; nothing before a width is complete."""
    table, widths = read()
    if not widths:
        return
    tests = Tests(table)
    digest = hashlib.sha256(PROTOCOL.read_bytes()).hexdigest()[:16]
    yield "## A second experiment: effective rank and property"
    trained = " and ".join(map(str, widths))
    yield (
        "Two quantities that turned up above were tested on trainings made for it: the 480 "
        "architectures of `benchmarks/table/v2` on six data sets that the experiment above did not "
        f"use. The protocol (`benchmarks/evidence/second.yaml`, hash `{digest}`) was committed "
        f"before the first of them. Complete are the members of width {trained}: "
        f"{table['candidate'].nunique()} architectures without single-element networks, trained "
        "once on each set."
    )
    yield "\n".join(f"- {_sentence(tests, name)}" for name in tests.found)
    beside = ("R1 less untrained", "P1 less permuted", "P1 given the error")
    rows = []
    for data in tests.found["R1"]:
        cells = [_cell(tests, name, data) for name in tests.found]
        cells += [tests.beyond_null[name][data].words for name in ("R1", "P1")]
        rows.append([SETS.get(data, data), *cells, tests.given_error[data].words])
    yield markdown(["data set", *tests.found, *beside], rows)
    yield (
        "R1 and P1 are partial rank correlations with the test MAE, given log parameters, family "
        "and width; above zero, networks with a rank nearer to its place, or with clusters that "
        "explain more, are better. They must also exceed the same measure for the untrained "
        "network, or for permuted targets. R2 and P2 are gains as in H2. A star marks what stands "
        "after Holm's correction over all 28 tests. The last column is P1 with the validation MAE "
        "at the end as a further regressor; it decides nothing."
    )
    yield _decision(tests)


def _cell(tests: Tests, name: str, data: str) -> str:
    return tests.found[name][data].words + (" *" if tests.stands[name, data] else "")


def _sentence(tests: Tests, name: str) -> str:
    verdict = "holds" if tests.stands[name, POOLED] else "is not confirmed"
    words = tests.found[name][POOLED].words
    p = tests.p(name, POOLED)
    return f"{name} ({ABOUT[name]}) {verdict} pooled: {words}, one-sided p = {p:.4f}."


def _decision(tests: Tests) -> str:
    """By the rule of the protocol."""
    taken = [
        name
        for name in ("R2", "P2")
        if tests.stands[name, POOLED]
        and sum(tests.stands[name, data] for data in SETS) > len(SETS) / 2
    ]
    if taken:
        return (
            f"**Decision.** {' and '.join(taken)} holds pooled and in more than half of the sets: "
            "it becomes a feature of the early predictor at rungs."
        )
    return (
        "**Decision.** Neither R2 nor P2 holds pooled and in more than half of the sets: nothing "
        "in the product changes."
    )

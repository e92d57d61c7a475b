"""The tables of docs/predictor.md, from the runs of `benchmarks.accuracy.predictor`.

`python -m benchmarks.accuracy.predictor_page` puts them between the two marks of that page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.accuracy.predictor import RESULTS
from fusionnas.files.ledger import Ledger

PAGE = Path(__file__).parents[2] / "docs" / "predictor.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
STEPS = (
    "network as the search leaves it",
    "+ final training",
    "+ its other trainings",
    "+ other architectures",
    "yardsticks together",
    "best yardstick",
    "everything",
)

Record = Mapping[str, Any]


def steps(records: Sequence[Record]) -> Iterator[str]:
    """A row a table: test MAE after each step."""
    yield f"| table | training rows | {' | '.join(STEPS)} | minutes |"
    yield f"|---|---:|{'---:|' * (len(STEPS) + 1)}"
    for record in records:
        known = {step["step"]: step["test_mae"] for step in record["steps"]}
        cells = [f"{known[name]:.4g}" if name in known else "–" for name in STEPS]
        told = f"{record['key']}, {record['unit']}" if record["unit"] else record["key"]
        drawn, rows = record["training_rows_before"], record["rows"][0]
        size = f"{rows:,}" + (f" of {drawn:,}" if drawn > rows else "")
        yield f"| {told} | {size} | {' | '.join(cells)} | {record['seconds'] / 60:.0f} |"


def differences(records: Sequence[Record]) -> Iterator[str]:
    """A row a table: MAE minus that of the best yardstick, of the predictor and of the network."""
    yield "| table | best yardstick | predictor less it | recommended network less it |"
    yield "|---|---|---|---|"
    for record in records:
        mine, network = record["beside_best"], record["network"]
        own = f"{mine['value']:+.3g} ({_ends(mine['interval'])})"
        other = f"{network['difference']:+.3g} ({_ends(network['difference_interval'])})"
        yield f"| {record['key']} | {mine['label']} | {own} | {other} |"


def rules(records: Sequence[Record]) -> Iterator[str]:
    """A row a rule: the geometric mean of its error over that of what was chosen, two kinds."""
    names = [s["step"] for s in records[0]["steps"] if s["step"].startswith("everything, ")]
    yield "| rule | held-out rows | test part |"
    yield "|---|---:|---:|"
    for name in names:
        cells = [f"{_ratio(records, name, kind):.3f}" for kind in ("held_out_mae", "test_mae")]
        yield f"| {name.removeprefix('everything, ')} | {' | '.join(cells)} |"


def counted(records: Sequence[Record]) -> str:
    """In how many tables the predictor is better and worse than the best yardstick."""
    ends = [record["beside_best"]["interval"] for record in records]
    better, worse = sum(high < 0 for _, high in ends), sum(low > 0 for low, _ in ends)
    return (
        f"On {better} of {len(ends)} tables the predictor is better than the best yardstick by a "
        f"paired 95% interval, on {worse} it is worse, and on {len(ends) - better - worse} the "
        f"difference is within chance."
    )


def _ratio(records: Sequence[Record], name: str, kind: str) -> float:
    product, count = 1.0, 0
    for record in records:
        known = {step["step"]: step[kind] for step in record["steps"]}
        if name in known and known["everything"]:
            product *= known[name] / known["everything"]
            count += 1
    return float(product ** (1 / count))


def _ends(ends: Sequence[float]) -> str:
    return f"{ends[0]:+.3g} to {ends[1]:+.3g}"


def main() -> None:
    records = sorted(Ledger(RESULTS), key=lambda record: record["rows"][0])
    parts = (
        *steps(records),
        "",
        counted(records),
        "",
        *differences(records),
        "",
        "The error of each rule of selection over that of the rule that a study chose "
        "(geometric mean over the tables):",
        "",
        *rules(records),
    )
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    text = "\n".join((before + BEGIN, *parts, END + after))
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""docs/yardsticks.md, from the runs of `benchmarks.accuracy.yardsticks`.

`python -m benchmarks.accuracy.yardsticks_page`
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.accuracy.yardstick_settings import as_markdown
from benchmarks.accuracy.yardsticks import NETWORKS, RESULTS
from fusionnas.files.ledger import Ledger
from fusionnas.models.baselines.yardsticks import YARDSTICKS, label_of

PAGE = Path(__file__).parents[2] / "docs" / "yardsticks.md"
MACHINE = "AMD EPYC (AVX-512), 2 cores shared with other work, no GPU, one thread"
NAMES = tuple(row.name for row in YARDSTICKS)

Record = Mapping[str, Any]
Table = Mapping[str, Record]  # records by predictor


def by_table() -> Mapping[str, Table]:
    """Records of each table, small tables first."""
    found: dict[str, dict[str, Record]] = {}
    for record in sorted(Ledger(RESULTS), key=lambda r: r["rows"][0]):
        found.setdefault(record["table"], {})[record["predictor"]] = record
    return found


def best_of(table: Table) -> str:
    """The yardstick with the lowest validation error."""
    return min((n for n in NAMES if n in table), key=lambda n: table[n]["val_mae"])


def errors(tables: Mapping[str, Table]) -> Iterator[str]:
    """A row a table: test MAE of each predictor, that of the best yardstick in bold."""
    heads = [*(label_of(name) for name in NAMES), *(f"`{name}`" for name in NETWORKS)]
    yield f"| table | training rows | {' | '.join(heads)} |"
    yield f"|---|---:|{'---:|' * len(heads)}"
    for name, table in tables.items():
        best, any_row = best_of(table), next(iter(table.values()))
        unit = f", {any_row['unit']}" if any_row["unit"] else ""
        drawn = any_row["training_rows_before"]
        rows = f"{any_row['rows'][0]:,}" + (f" of {drawn:,}" if drawn > any_row["rows"][0] else "")
        cells = [_cell(table.get(p), p == best) for p in (*NAMES, *NETWORKS)]
        yield f"| {name}{unit} | {rows} | {' | '.join(cells)} |"


def differences(tables: Mapping[str, Table]) -> Iterator[str]:
    """A row a table: each network's MAE minus that of the best yardstick, with the interval."""
    yield f"| table | best yardstick | its test MAE | {' | '.join(f'`{n}`' for n in NETWORKS)} |"
    yield f"|---|---|---|{'---|' * len(NETWORKS)}"
    for name, table in tables.items():
        best = table[best_of(table)]
        cells = [_difference(table.get(network)) for network in NETWORKS]
        own = f"{best['test_mae']:.4g} ({_ends(best['interval'])})"
        yield f"| {name} | {label_of(best['predictor'])} | {own} | {' | '.join(cells)} |"


def seconds(tables: Mapping[str, Table]) -> Iterator[str]:
    """A row a table: processor seconds of each predictor."""
    heads = [*(label_of(name) for name in NAMES), *(f"`{name}`" for name in NETWORKS)]
    yield f"| table | {' | '.join(heads)} | trees of LightGBM |"
    yield f"|---|{'---:|' * (len(heads) + 1)}"
    for name, table in tables.items():
        cells = [f"{table[p]['seconds']:.0f}" if p in table else "–" for p in (*NAMES, *NETWORKS)]
        trees = table["lightgbm"]["trees"] if "lightgbm" in table else "–"
        yield f"| {name} | {' | '.join(cells)} | {trees} |"


def medians_and_means(tables: Mapping[str, Table]) -> Iterator[str]:
    """A row a table: test MAE by the median and by the mean of the same trees."""
    yield "| table | random forest, median | mean | extra trees, median | mean |"
    yield "|---|---:|---:|---:|---:|"
    for name, table in tables.items():
        forests = [table.get(p) for p in ("random_forest_median", "extra_trees_median")]
        cells = [
            f"{f['test_mae']:.4g} | {f['test_mae_of_mean']:.4g}" if f else "– | –" for f in forests
        ]
        yield f"| {name} | {' | '.join(cells)} |"


def counted(tables: Mapping[str, Table]) -> str:
    """In how many tables the best of the networks by validation beats the best yardstick."""
    better = worse = level = 0
    for table in tables.values():
        networks = [table[n] for n in NETWORKS if n in table]
        if len(networks) < len(NETWORKS):
            continue
        low, high = min(networks, key=lambda r: r["val_mae"])["difference_interval"]
        better, worse = better + (high < 0), worse + (low > 0)
        level += low <= 0 <= high
    if not better + worse + level:
        return "No networks are trained yet."
    return (
        f"Where all three networks are trained ({better + worse + level} of {len(tables)} tables), "
        f"the one with the lowest validation error predicts better than the best yardstick in "
        f"{better}, worse in {worse}, and in {level} the difference is within chance."
    )


def _cell(record: Record | None, best: bool) -> str:
    if record is None:
        return "–"
    text = f"{record['test_mae']:.4g}"
    return f"**{text}**" if best else text


def _difference(record: Record | None) -> str:
    if record is None:
        return "–"
    return f"{record['difference']:+.3g} ({_ends(record['difference_interval'], '+')})"


def _ends(ends: Sequence[float], sign: str = "") -> str:
    return f"{ends[0]:{sign}.3g} to {ends[1]:{sign}.3g}"


def main() -> None:
    tables = by_table()
    parts = {
        "errors": errors(tables),
        "differences": differences(tables),
        "seconds": seconds(tables),
        "medians": medians_and_means(tables),
    }
    text = Path(__file__).with_name("yardsticks_page.md").read_text(encoding="utf-8")
    for name, lines in parts.items():
        text = text.replace(f"{{{{ {name} }}}}", "\n".join(lines))
    rows = [f"| {row.label} | {row.how} |" for row in YARDSTICKS]
    text = text.replace("{{ rows }}", "\n".join(rows))
    words = {"counted": counted(tables), "settings": as_markdown(), "machine": MACHINE}
    for name, replacement in words.items():
        text = text.replace(f"{{{{ {name} }}}}", replacement)
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

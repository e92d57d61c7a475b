"""Mean ranks over tables, and the differences that chance can explain.

Friedman's ranks with Nemenyi's test, drawn as a critical-difference diagram (Demsar, J. Mach.
Learn. Res. 7 (2006) 1), by scikit-posthocs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.benchmarking.summary import error_matrix, main_lines
from fusionnas.errors import ViewError
from fusionnas.plots.style import BEST, INK
from fusionnas.plots.view import View
from fusionnas.statistics.bootstrap import mean_intervals

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

FEWEST_TABLES, FEWEST_SYSTEMS = 3, 3
ALPHA = 0.05


def rank_table(summary: pd.DataFrame) -> pd.DataFrame:
    """`system`, `mean_rank` (1 is best), its 95% interval `low`, `high`, and `tables`.

    The interval comes from a bootstrap over tables. Systems and tables are those of `error_matrix`.
    """
    import pandas as pd

    errors = error_matrix(main_lines(summary))
    ranks = errors.rank(axis=1)
    columns = ["system", "mean_rank", "low", "high", "tables"]
    if ranks.empty:
        return pd.DataFrame(columns=columns)
    intervals = mean_intervals(ranks.to_numpy().T)
    rows = {
        "system": ranks.columns,
        "mean_rank": ranks.mean().to_numpy(),
        "low": intervals[:, 0],
        "high": intervals[:, 1],
        "tables": len(ranks),
    }
    return pd.DataFrame(rows, columns=columns).sort_values("mean_rank", ignore_index=True)


def critical_differences(summary: pd.DataFrame) -> View:
    """Mean ranks on a line; a bar joins systems between which Nemenyi's test finds no difference.

    Raises:
        ViewError: there are too few tables or systems, or scikit-posthocs is not installed.
    """
    errors = error_matrix(main_lines(summary))
    tables, systems = errors.shape
    if tables < FEWEST_TABLES or systems < FEWEST_SYSTEMS:
        raise ViewError(
            f"ranks need at least {FEWEST_TABLES} tables and {FEWEST_SYSTEMS} systems that are "
            f"complete on them, and there are {tables} and {systems}"
        )
    posthocs = _posthocs()
    ranks = rank_table(summary)
    same = posthocs.posthoc_nemenyi_friedman(errors)
    apart = int((same.to_numpy()[np.triu_indices(systems, 1)] < ALPHA).sum())

    def draw(fig: Figure) -> None:
        colors = {name: BEST if place == 0 else INK for place, name in enumerate(ranks["system"])}
        posthocs.critical_difference_diagram(
            errors.rank(axis=1).mean(),
            same,
            alpha=ALPHA,
            ax=fig.subplots(),
            color_palette=colors,
            label_fmt_left="{label} ({rank:.2f})",
            label_fmt_right="({rank:.2f}) {label}",
        )

    return View(
        "ranks",
        "Mean ranks over tables",
        f"Rank 1 is the lowest error of a table; means are of {tables} tables on which all these "
        f"systems are complete. A bar joins systems that Nemenyi's test cannot distinguish at "
        f"{ALPHA:.0%}: it distinguishes {apart} of {systems * (systems - 1) // 2} pairs. With few "
        "tables it distinguishes few.",
        ranks,
        draw,
        (7.0, 1.3 + 0.28 * systems),
    )


def _posthocs() -> Any:
    try:
        import scikit_posthocs
    except ImportError as e:
        raise ViewError(
            'the package scikit-posthocs is not installed: pip install "fusionnas[benchmark]"'
        ) from e
    return scikit_posthocs

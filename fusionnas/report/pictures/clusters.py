"""The CECV of the recommended network between the references, over the target band."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.cecv.guidance import explain
from fusionnas.cecv.vector import Cecv
from fusionnas.insight.environment_plots import cecv_plot
from fusionnas.plots.view import View
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def clusters(material: FinishedStudy) -> View:
    best, band, width = material.chosen, material.band, material.width
    number = int(material.summary["chosen"]["number"])
    others = [result["cecv"] for n, result in material.results.items() if n != number]

    def draw(fig: Figure) -> None:
        cecv_plot(fig, best["cecv"], best["cecv_untrained"], others, band, width)

    return View(
        "cecv",
        "Clusters of chemical environments",
        "Into how many clusters the probe compounds fall when environments closer than a "
        "threshold count as one (CECV). A purely global network merges more, a purely local one "
        "less; the band lies between.",
        guidance(material),
        draw,
        (6.4, 4.4),
    )


def guidance(material: FinishedStudy) -> pd.DataFrame:
    """Threshold by threshold: clusters, trained and untrained, the band's centre, the guidance.

    Where there is no band the last columns are empty.
    """
    import pandas as pd

    best, band = material.chosen, material.band
    vector = Cecv.from_dict(best["cecv"])
    rows: list[dict[str, Any]] = []
    for t, count, untrained in zip(
        vector.thresholds, vector.counts, best["cecv_untrained"]["counts"], strict=True
    ):
        rows.append({"threshold": t, "clusters": count, "untrained": untrained})
    if band is not None and band.exists:
        for row, told in zip(rows, explain(vector, band, material.width), strict=True):
            row |= {
                "global_reference": told.g * told.compounds,
                "local_reference": told.k * told.compounds,
                "centre": told.centre * told.compounds,
                "guidance": np.nan if told.guidance is None else told.guidance,
                "words": told.words,
                "arithmetic": told.arithmetic,
            }
    return pd.DataFrame(rows)

"""A made study with more test compounds than a table shows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fusionnas.studies.folder import StudyFolder


def repeat_predictions(folder: StudyFolder, count: int) -> None:
    """Give a study so many test compounds: its own ones again and again, with new errors."""
    path = folder.path / "test_predictions.csv"
    rows = pd.read_csv(path, na_filter=False)
    rows = rows.iloc[np.arange(count) % len(rows)].reset_index(drop=True)
    rows["prediction"] += np.random.default_rng(0).normal(size=count)
    rows.to_csv(path, index=False)

"""The conditions of formulas to predict, from the columns of a table or from single values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.reading.input_columns import read_cells
from fusionnas.errors import DataError, OptionError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd


def cells_of_table(
    frame: pd.DataFrame, given: Mapping[str, Any], names: Sequence[str]
) -> np.ndarray | None:
    """The conditions of each row as text, (N, K); None for a model that reads none.

    Args:
        frame: N rows.
        given: one value for all rows of each condition that is no column.
        names: the K conditions of the model.

    Raises:
        OptionError: `given` names a column, or no condition of the model. DataError: a condition
            is missing.
    """
    for name in given:
        if name not in names:
            hint = did_you_mean(name, names) if names else "it reads formulas alone."
            raise OptionError(f"The model has no condition '{name}'; {hint}")
        if name in frame.columns:
            raise OptionError(f"'{name}' is given twice: as a column and as one value for all.")
    if not names:
        return None
    for name in names:
        if name not in frame.columns and name not in given:
            raise DataError(
                f"There is no column '{name}', which is a condition of the model. Add it to "
                f"the table, or set it for all rows: --set {name}=VALUE, or in Python "
                f"conditions={{'{name}': VALUE}}."
            )
    return read_cells(frame.assign(**given), Path("the table"), names)


def cells_of_formulas(
    count: int, given: Mapping[str, Any], names: Sequence[str]
) -> np.ndarray | None:
    """Like `cells_of_table` for so many formulas; a condition has one value for all, or for each.

    Raises:
        OptionError, DataError: see `cells_of_table`; also if there are more or fewer values.
    """
    import pandas as pd

    several = {
        name: list(value) if not isinstance(value, str) and np.ndim(value) else [value] * count
        for name, value in given.items()
    }
    for name, values in several.items():
        if len(values) != count:
            raise OptionError(
                f"The condition '{name}' has {len(values)} values for {count} formulas."
            )
    columns = {name: values for name, values in several.items() if name in names}
    others = {name: value for name, value in given.items() if name not in names}
    return cells_of_table(pd.DataFrame(columns, index=range(count)), others, names)

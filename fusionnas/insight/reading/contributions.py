"""The contribution of each element to predictions, over all compounds that contain it.

A prediction is the training mean plus a shift from each of the compound's n elements. A shift is
the smaller the larger n is, so the *vote* of an element is n times its shift: the distance of the
prediction from the training mean if all n elements were like this one. The prediction is the
training mean plus the mean of the votes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusionnas.data.elements import SYMBOLS
from fusionnas.errors import DataError
from fusionnas.insight.reading.reading import Reading

if TYPE_CHECKING:
    import pandas as pd


def element_contributions(reading: Reading) -> pd.DataFrame:
    """One row for each element, by atomic number.

    Columns: `element`, `compounds` that contain it, `shift` and `vote` (means over these compounds,
        in the reading's unit), and `vote_sd`, the spread of votes between compounds.
    """
    import pandas as pd

    votes = reading.shifts * np.repeat(reading.table.lengths, reading.table.lengths)
    frame = pd.DataFrame(
        {"z": reading.table.numbers.astype(int), "shift": reading.shifts, "vote": votes}
    )
    by_element = frame.groupby("z")
    out = pd.DataFrame(
        {
            "compounds": by_element.size(),
            "shift": by_element["shift"].mean(),
            "vote": by_element["vote"].mean(),
            "vote_sd": by_element["vote"].std(ddof=0),
        }
    )
    out.insert(0, "element", [SYMBOLS[z] for z in out.index])
    return out.reset_index(drop=True)


def contribution_differences(reading: Reading, reference: Reading) -> pd.DataFrame:
    """How much higher each element's vote is in `reading` than in `reference`, on equal compounds.

    The votes are compared as values of the property, so networks may have different training
    means. Columns: `element`, `compounds`, `vote`, `reference_vote` (both above the training mean
    of `reading`) and `difference`.

    Raises:
        DataError: the two have different compounds.
    """
    if not np.array_equal(reading.table.keys(), reference.table.keys()):
        raise DataError("Contributions can be compared only over the same compounds.")
    out = element_contributions(reading)[["element", "compounds", "vote"]]
    other = element_contributions(reference)["vote"] + reference.base - reading.base
    return out.assign(reference_vote=other, difference=out["vote"] - other)

"""How many networks are drawn at random before the sampler proposes.

The verdict on the band (`fusionnas.cecv.verdict`) uses only networks that no result selected. The
full number of random networks serves this verdict. Without them, the verdict uses the random
proposals that happened to be made, and says so if there are too few.
"""

from __future__ import annotations

from fusionnas.searching.samplers import ADAPTIVE

FULL = 12
# random trials that are needed before changing good networks is better than more random ones
SMALL = 4


def design_of(sampler: str, verdict: bool = False) -> int:
    """The number of random proposals of a search.

    Args:
        sampler: the sampler that follows them; the samplers of Optuna learn nothing before ten
            trials.
        verdict: whether the full number of random networks was asked for.
    """
    return SMALL if sampler == ADAPTIVE and not verdict else FULL

"""How many proposals before the sampler's are drawn at random.

The verdict on the band (`fusionnas.cecv.verdict`) rests on networks that nothing chose. The full
design is made for its sake; of a study without it the verdict is drawn from whatever chance
proposed, and says so where that is too little.
"""

from __future__ import annotations

from fusionnas.searching.samplers import ADAPTIVE

FULL = 12
# what there must be before changes of good networks are worth more than another look
SMALL = 4


def design_of(sampler: str, verdict: bool = False) -> int:
    """Random proposals of a search.

    Args:
        sampler: that comes after them; those of Optuna learn nothing before ten trials.
        verdict: whether the full design was asked for.
    """
    return SMALL if sampler == ADAPTIVE and not verdict else FULL

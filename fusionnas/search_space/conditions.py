"""The places of a space where conditions beside the formula enter a network."""

from __future__ import annotations

from dataclasses import replace

from fusionnas.networks.canonical import CONDITION
from fusionnas.networks.components.registry import kinds
from fusionnas.search_space.space import ComponentChoice, Options, SearchSpace

_NONE = "none"


def for_conditions(space: SearchSpace, channels: int) -> SearchSpace:
    """The space for data with `channels` numbers of conditions; 0 means none.

    Data without conditions have no such choice. For data with them a space offers the places that
    it names, or all places if it names none, that one first which is used without a search.
    """
    named = [kind for kind in space.condition.kinds if kind != _NONE]
    if not channels:
        places = [_NONE]
    else:
        others = [kind for kind in kinds("condition") if kind not in (_NONE, CONDITION)]
        places = named or [CONDITION, *others]
    fixed = {} if places == [_NONE] else {"channels": Options((channels,))}
    return replace(space, condition=ComponentChoice(dict.fromkeys(places, fixed)))

"""Which outputs of a space are worth a try for a target: those made for a spike or long tails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fusionnas.networks.components.registry import lookup
from fusionnas.search_space.space import ComponentChoice, SearchSpace


def suited(space: SearchSpace, targets: np.ndarray) -> tuple[SearchSpace, Mapping[str, str]]:
    """The space without outputs that the targets give no reason for, and why others stay.

    Args:
        space: with any choice of outputs; one that offers a single output is left as it is.
        targets: of the training part, (N,).

    Returns:
        The space, and by kind the reason in words; `none` needs no reason.
    """
    kinds = space.output.kinds
    if len(kinds) == 1:
        return space, {}
    reasons = {kind: lookup("output", kind).cls.suits(targets) for kind in kinds}  # type: ignore[attr-defined]
    kept = {kind: kinds[kind] for kind, reason in reasons.items() if reason is not None}
    told = {kind: str(reasons[kind]) for kind in kept if kind != "none"}
    return replace(space, output=ComponentChoice(kept or {"none": {}})), told

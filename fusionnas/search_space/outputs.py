"""The outputs of a space that suit a target with a spike or long tails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fusionnas.errors import OptionError
from fusionnas.networks.components.registry import lookup
from fusionnas.search_space.space import ComponentChoice, SearchSpace


def without_outputs(space: SearchSpace, heads: int) -> SearchSpace:
    """The space with the output `none` alone: for classes and for several targets.

    Args:
        space: with any choice of outputs.
        heads: numbers that its networks predict for a compound.

    Raises:
        OptionError: the space does not have this output.
    """
    if "none" not in space.output.kinds:
        raise OptionError(
            f"The outputs of the space '{space.name}' ({', '.join(space.output.kinds)}) are for "
            "numbers of one target; for classes and for several targets it needs the output 'none'."
        )
    alone = ComponentChoice({"none": space.output.kinds["none"]})
    return replace(space, output=alone, heads=heads)


def suited(space: SearchSpace, targets: np.ndarray) -> tuple[SearchSpace, Mapping[str, str]]:
    """The space with only those outputs that suit the targets, and the reasons.

    Args:
        space: with any choice of outputs; a space with a single output is not changed.
        targets: the targets of the training part, (N,).

    Returns:
        The space, and for each kind the reason in words; `none` needs no reason.
    """
    kinds = space.output.kinds
    if len(kinds) == 1:
        return space, {}
    reasons = {kind: lookup("output", kind).cls.suits(targets) for kind in kinds}  # type: ignore[attr-defined]
    kept = {kind: kinds[kind] for kind, reason in reasons.items() if reason is not None}
    told = {kind: str(reasons[kind]) for kind in kept if kind != "none"}
    return replace(space, output=ComponentChoice(kept or {"none": {}})), told

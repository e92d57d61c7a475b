"""What each element contributes to predictions.

Symbols: E elements in all compounds of a table together, K numbers that a network gives for a
compound. Flat arrays have one row for each element, in the order of `CompositionTable.numbers`.
"""

from __future__ import annotations

import numpy as np
import torch

from fusionnas.data.table import CompositionTable
from fusionnas.models.bundle import Bundle
from fusionnas.models.combined import CombinedMembers
from fusionnas.statistics import log_odds
from fusionnas.tasks.kinds import check_one_class
from fusionnas.training.batches import Compounds
from fusionnas.training.inference import BATCH_SIZE


def contributions(model: CombinedMembers, table: CompositionTable) -> tuple[float, np.ndarray]:
    """The base of all predictions, and what each element adds to it (E,), in the target's unit.

    The base is the mean of the targets that the network was trained on. Of a class they are
    log-odds: those of its share in training, and what each element adds
    (`fusionnas.statistics.log_odds`). Of several networks they are the means.

    Raises:
        OptionError: there are other models than networks, or several classes and none is named.
    """
    compounds = Compounds(table, model.device)
    found = [(member.scaler.mean, _shifts(member, table, compounds)) for member in model.networks]
    if model.classes:
        starts, code = table.offsets[:-1], code_of(model)
        found = [log_odds.split(mean, shifts, starts, code) for mean, shifts in found]
    bases, shifts = zip(*found, strict=True)
    return float(np.mean(bases)), np.mean(shifts, axis=0)


def code_of(model: CombinedMembers) -> int:
    """The code of the class whose log-odds are read; OptionError if none of several is named."""
    if model.one_class is None:
        check_one_class(model.manifest, "an explanation")
    return 1 if model.one_class is None else model.one_class


def shares_of(model: CombinedMembers, table: CompositionTable) -> np.ndarray:
    """The share of each element in the prediction of its compound, (E,): its contribution, and an
    equal part of the base. They add up to the prediction, or to the log-odds of a class."""
    base, shifts = contributions(model, table)
    return shifts + base / np.repeat(table.lengths, table.lengths)


@torch.no_grad()
def _shifts(member: Bundle, table: CompositionTable, compounds: Compounds) -> np.ndarray:
    """(E,), or (E, K)."""
    network = member.network.eval()
    heads = network.architecture.heads
    shifts = np.empty((len(table.numbers), *([heads] if heads > 1 else [])))
    for batch in compounds.in_order(BATCH_SIZE):
        parts = network.contributions(batch.inputs)
        place = table.offsets[batch.rows.cpu().numpy()][:, None] + np.arange(batch.inputs.elements)
        shifts[place] = member.scaler.std * parts.double().cpu().numpy()
    return shifts

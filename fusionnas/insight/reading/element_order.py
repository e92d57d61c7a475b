"""How much the prediction of a single compound depends on the order of its elements."""

from __future__ import annotations

import numpy as np

from fusionnas.data.table import CompositionTable
from fusionnas.models.contributions import code_of
from fusionnas.models.predictor import Predictor
from fusionnas.networks.inputs import Inputs
from fusionnas.statistics import log_odds
from fusionnas.training.batches import Compounds
from fusionnas.training.element_order import order_gaps as gaps_of

MOST = 23  # orders tried: all for up to four elements, otherwise a sample


def order_gaps(predictor: Predictor, table: CompositionTable, seed: int = 0) -> np.ndarray:
    """The median change of each prediction over other orders of its elements, (N,).

    The unit is that of the property; of a class it is that of the log-odds. The change is 0 for a
    network that does not read the order, and for a single element. Beyond four elements it is
    computed over a sample of 23 orders.
    """
    for member in predictor.networks:
        member.network.eval()

    def predict(inputs: Inputs) -> np.ndarray:
        """The mean of the networks, in the unit of the property."""
        values = [
            member.scaler.restore(member.network(inputs)[0].double().cpu().numpy())
            for member in predictor.networks
        ]
        if predictor.classes:
            values = [log_odds.of_class(value, code_of(predictor)) for value in values]
        return np.mean(values, axis=0)

    return np.nan_to_num(gaps_of(predict, Compounds(table, predictor.device), seed, MOST))

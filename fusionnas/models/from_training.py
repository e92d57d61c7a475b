"""Makes a trained network ready to predict without a folder."""

from __future__ import annotations

from fusionnas.models.bundle import Bundle
from fusionnas.models.provenance import bundle_facts, data_facts
from fusionnas.training.plan import Trained


def bundle_of(trained: Trained) -> Bundle:
    """The network with the facts of a bundle; its intervals are not corrected."""
    dataset, scaler = trained.dataset, trained.data.scaler
    known = dataset.training_compositions()
    facts = bundle_facts(
        trained.network,
        data_facts(dataset, scaler),
        trained.metrics,
        trained.origin,
        trained.recipe.to_dict(),
        known,
    )
    return Bundle(trained.network, scaler, facts, known, before=trained.before)

"""The tables of a sweep. Each network predicts each table in one pass of batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.elements import NUMBERS, SYMBOLS
from fusionnas.data.table import CompositionTable
from fusionnas.insight.known_data import KnownData
from fusionnas.insight.sweeps.curves import at_fixed, known_values
from fusionnas.insight.sweeps.grid import Flip, fractions, rows_of
from fusionnas.insight.sweeps.roughness import along_lines, lines_through, roughness
from fusionnas.models.member import SharedInputs
from fusionnas.models.predictor import INTERVAL
from fusionnas.statistics.mixture import Mixture
from fusionnas.studies.trained_network import TrainedNetwork

if TYPE_CHECKING:
    import pandas as pd


def over(
    networks: Sequence[TrainedNetwork], table: CompositionTable, elements: Sequence[str]
) -> pd.DataFrame:
    """One row for each network and composition, as described at `Sweep.table`."""
    import pandas as pd

    x, numbers = fractions(table, elements), [NUMBERS[symbol] for symbol in elements]
    orders = [" ".join(SYMBOLS[z] for z in table[row].numbers) for row in range(len(table))]
    frames = []
    for network, found in zip(networks, _predicted(networks, table), strict=True):
        columns: dict[str, Any] = {"network": network.name, "formula": table.formulas()}
        columns |= dict(zip(elements, x.T, strict=True))
        columns |= {"order": orders, "value": found.value}
        if not network.predictor.classes:
            lower, upper = network.predictor.interval(found, INTERVAL)
            columns |= {"uncertainty": found.uncertainty, "lower": lower, "upper": upper}
            shares = network.shares(table, numbers).T
            columns |= {f"share_{e}": own for e, own in zip(elements, shares, strict=True)}
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def at_flips(
    networks: Sequence[TrainedNetwork], flips: Sequence[Flip], elements: Sequence[str]
) -> pd.DataFrame:
    """One row for each network and composition with two equal fractions, with both values.

    The columns of `over` appear twice, once for each order, with the endings `_first` and
    `_second`.
    """
    frames = []
    for leads in ("first_leads", "second_leads"):
        frame = over(networks, CompositionTable.of([getattr(f, leads) for f in flips]), elements)
        frames.append(frame)
    first_leads, second_leads = frames
    out = first_leads[["network", "formula", *elements]].copy()
    out["first"] = [flip.first for flip in flips] * len(networks)
    out["second"] = [flip.second for flip in flips] * len(networks)
    for column in first_leads.columns.drop(["network", "formula", *elements]):
        out[f"{column}_first"] = first_leads[column]
        out[f"{column}_second"] = second_leads[column]
    out["jump"] = first_leads["value"] - second_leads["value"]
    return out


def with_both_orders(
    table: pd.DataFrame, flips: pd.DataFrame, elements: Sequence[str]
) -> pd.DataFrame:
    """The table of a line with both orders of the composition of equal fractions."""
    import pandas as pd

    first, second = elements
    pieces = []
    for network, rows in table.groupby("network", sort=False):
        ends = {}
        for leads in ("first", "second"):
            end = flips[flips["network"] == network][["network", "formula", first, second]]
            values = flips[flips["network"] == network].filter(regex=f"_{leads}$")
            ends[leads] = pd.concat(
                [end, values.rename(columns=lambda c: c.rsplit("_", 1)[0])], axis=1
            )
        below, above = rows[rows[first] < 0.5], rows[rows[first] > 0.5]
        pieces += [below, ends["second"], ends["first"], above]
    return pd.concat(pieces, ignore_index=True)[list(table.columns)]


def at_known(
    networks: Sequence[TrainedNetwork],
    source: KnownData | None,
    elements: Sequence[str],
    fixed: Mapping[str, str],
) -> pd.DataFrame:
    """The known compositions of only these elements, with each network's prediction.

    Where the source has conditions, they are those rows that have the `fixed` ones.
    """
    if source is None:
        return over(networks, CompositionTable.of([]), elements).assign(part=[], known=[])
    rows = rows_of(source.table, elements)
    rows = rows[at_fixed(source, fixed)[rows]]
    order = np.lexsort(fractions(source.table.take(rows), elements).T[::-1])
    rows = rows[order]
    frame = over(networks, replace(source.table.take(rows), conditions=None), elements)
    parts = [
        source.part[rows] if network.fingerprint == source.fingerprint else np.full(len(rows), "")
        for network in networks
    ]
    frame.insert(2, "part", np.concatenate(parts))
    known = [known_values(network, source)[rows] for network in networks]
    frame.insert(3, "known", np.concatenate(known))
    return frame


def how_rough(networks: Sequence[TrainedNetwork], source: KnownData | None) -> dict[str, float]:
    """The roughness of each network by name, on the same lines through known compounds.

    The compounds are those of `source`, otherwise those that the first network was trained on.
    Compounds with an element that has no vector in one of the networks are left out.
    """
    known = networks[0].predictor.bundle.compositions if source is None else source.table
    if known is None:
        return {}
    if known.conditions is not None:
        known = known.distinct()
    members = [member for network in networks for member in network.predictor.members]
    covered = np.all([member.covered for member in members], axis=0)
    usable = known.take(np.flatnonzero(~known.row_any(~covered[known.numbers])))
    lines = lines_through(usable)
    if not len(lines):
        return {}
    found = _predicted(networks, lines)
    return {
        network.name: roughness(along_lines(one.value))
        for network, one in zip(networks, found, strict=True)
    }


def _predicted(networks: Sequence[TrainedNetwork], table: CompositionTable) -> Iterator[Mixture]:
    """The prediction of each network; the classes of one are computed together."""
    inputs: dict[int, SharedInputs] = {}
    for network in networks:
        own = network.predictor
        key = id(own.members[0])
        if key not in inputs:
            inputs[key] = SharedInputs(network.with_conditions(table), own.device)
        yield own.mixture_of(inputs[key])


def notes(
    networks: Sequence[TrainedNetwork],
    source: KnownData | None,
    elements: Sequence[str],
    fixed: Mapping[str, str],
) -> Iterator[str]:
    """What a reader should know before trusting the curves."""
    yield from dict.fromkeys(note for network in networks for note in network.beside_predictor)
    for network in networks:
        seen = network.predictor.elements_seen
        unseen = [symbol for symbol in elements if NUMBERS[symbol] not in seen]
        if unseen:
            yield f"{network.name} was trained without {', '.join(unseen)}: it extrapolates."
    if source is None:
        yield (
            "The training data of the networks are not available, so no known compositions are "
            "shown; give them with --data or --study."
        )
        return
    yield from source.notes
    rows = rows_of(source.table, elements)
    if not len(rows):
        yield f"{source.name} has no composition of {', '.join(elements)} alone."
    elif others := int((~at_fixed(source, fixed)[rows]).sum()):
        yield f"{others} known rows of these elements have other conditions, and are not shown."
    strangers = [n.name for n in networks if n.fingerprint != source.fingerprint]
    if strangers:
        yield (
            f"{', '.join(strangers)}: trained on other data or another split than {source.name}, "
            "so a known composition may have been in its training."
        )

"""The tables of a sweep. Each network predicts each table in one pass of batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.data.elements import NUMBERS, SYMBOLS
from fusionnas.data.table import CompositionTable
from fusionnas.insight.known_data import KnownData
from fusionnas.insight.sweeps.grid import Flip, fractions, rows_of
from fusionnas.insight.sweeps.roughness import along_lines, lines_through, roughness
from fusionnas.models.predictor import INTERVAL
from fusionnas.studies.named_network import TrainedNetwork

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
    for network in networks:
        found = network.predict(table)
        lower, upper = network.predictor.interval(found, INTERVAL)
        shares = network.shares(table, numbers)
        frames.append(
            pd.DataFrame(
                {"network": network.name, "formula": table.formulas()}
                | dict(zip(elements, x.T, strict=True))
                | {
                    "order": orders,
                    "value": found.value,
                    "uncertainty": found.uncertainty,
                    "lower": lower,
                    "upper": upper,
                }
                | {f"share_{e}": column for e, column in zip(elements, shares.T, strict=True)}
            )
        )
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
    networks: Sequence[TrainedNetwork], source: KnownData | None, elements: Sequence[str]
) -> pd.DataFrame:
    """The known compositions of only these elements, with each network's prediction."""
    if source is None:
        return over(networks, CompositionTable.of([]), elements).assign(part=[], known=[])
    rows = rows_of(source.table, elements)
    order = np.lexsort(fractions(source.table.take(rows), elements).T[::-1])
    rows = rows[order]
    frame = over(networks, source.table.take(rows), elements)
    parts = [
        source.part[rows] if network.fingerprint == source.fingerprint else np.full(len(rows), "")
        for network in networks
    ]
    frame.insert(2, "part", np.concatenate(parts))
    frame.insert(3, "known", np.tile(source.targets[rows], len(networks)))
    return frame


def how_rough(networks: Sequence[TrainedNetwork], source: KnownData | None) -> dict[str, float]:
    """The roughness of each network by name, on the same lines through known compounds.

    The compounds are those of `source`, otherwise those that the first network was trained on.
    Compounds with an element that has no vector in one of the networks are left out.
    """
    known = networks[0].predictor.bundle.compositions if source is None else source.table
    if known is None:
        return {}
    members = [member for network in networks for member in network.predictor.members]
    covered = np.all([member.covered for member in members], axis=0)
    usable = known.take(np.flatnonzero(~known.row_any(~covered[known.numbers])))
    lines = lines_through(usable)
    if not len(lines):
        return {}
    return {n.name: roughness(along_lines(n.predict(lines).value)) for n in networks}


def notes(
    networks: Sequence[TrainedNetwork], source: KnownData | None, elements: Sequence[str]
) -> Iterator[str]:
    """What a reader should know before trusting the curves."""
    for network in networks:
        yield from network.beside_predictor
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
    if not len(rows_of(source.table, elements)):
        yield f"{source.name} has no composition of {', '.join(elements)} alone."
    strangers = [n.name for n in networks if n.fingerprint != source.fingerprint]
    if strangers:
        yield (
            f"{', '.join(strangers)}: trained on other data or another split than {source.name}, "
            "so a known composition may have been in its training."
        )

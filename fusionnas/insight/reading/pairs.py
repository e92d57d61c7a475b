"""Element pairs that a network and a reference read differently where the reference is wrong.

Symbols: R is the correlation of two elements' rows in a compound's element feature matrix (see
`fusionnas.cecv.correlation`, standardisation `within`), and dR is its change from the reference to
the network. The reference *fails* on the compounds where its absolute error exceeds the network's
the most: the top tenth of this excess. For a pair of elements, N compounds contain both, and on k
of them the reference fails.

Two networks always differ, so the question is not whether dR is zero, but whether it is different
where the reference fails. So the mean over these k compounds is compared with the means of k
compounds drawn at random from the N that contain the same pair (a permutation test, two-sided
around the mean of all N). With many pairs some p are small by chance, so the false discovery rate
is controlled (Benjamini and Hochberg, J. R. Stat. Soc. B 57 (1995) 289).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.cecv.correlation import environments
from fusionnas.data.elements import ELECTRONEGATIVITY, SYMBOLS
from fusionnas.data.table import CompositionTable
from fusionnas.errors import CECVError

if TYPE_CHECKING:
    import pandas as pd

FAILING = 0.1  # share of compounds
LEAST = 5  # smallest number of failing, and of other, compounds of a pair
FDR = 0.05
_DRAWS = 1_000  # for every pair; if p is below _PROMISING, _MORE_DRAWS
_MORE_DRAWS = 10_000
_PROMISING = 0.05
_ROOM = 4_000_000  # largest number of random numbers in memory


@dataclass(frozen=True, slots=True)
class PairChanges:
    """The pairs, with facts about their computation."""

    table: pd.DataFrame  # one row for each pair, see `pair_changes`
    compounds: int  # with at least three elements that both networks distinguish
    failing: int  # of these
    excess: float  # smallest excess of the reference's |error| among them

    @property
    def significant(self) -> int:
        return int(self.table["significant"].sum())


def pair_changes(
    table: CompositionTable,
    network: dict[int, np.ndarray],
    reference: dict[int, np.ndarray],
    excess: np.ndarray,
    seed: int = 0,
) -> PairChanges:
    """Pairs, sorted by p and then by their distance from the random draws.

    Columns of the table: `pair`, `compounds` N, `failing` k, `change` (mean dR where the reference
    fails) with a 95% bootstrap interval `change_low` to `change_high`, `usual` (mean dR over all
    N), `null_low` to `null_high` (95% of the random draws), `p`, `q` (p corrected for the number
    of pairs) and `significant`.

    Args:
        table: N compounds.
        network: element features (N_n, n, channels) by n, in the table's order.
        reference: those of the reference network, which may have another number of channels.
        excess: |error| of the reference minus |error| of the network, (N,).
        seed: seed of the draws.

    Raises:
        CECVError: no compound has at least three elements.
    """
    import pandas as pd

    change = _changes(table, network, reference)
    rows = np.unique(change["row"])
    bound = max(float(np.quantile(excess[rows], 1 - FAILING)), 0.0)
    fails = excess > bound
    rng = np.random.default_rng(seed)
    found = []
    for pair, values, failing in _by_pair(change, fails):
        k = int(failing.sum())
        if min(k, len(values) - k) < LEAST:
            continue
        p, null_low, null_high = _held_against_draws(values, failing, rng)
        low, high = _interval(values[failing], rng)
        found.append(
            {
                "pair": _name(*pair),
                "compounds": len(values),
                "failing": k,
                "change": values[failing].mean(),
                "change_low": low,
                "change_high": high,
                "usual": values.mean(),
                "null_low": null_low,
                "null_high": null_high,
                "p": p,
            }
        )
    columns = [
        "pair",
        "compounds",
        "failing",
        "change",
        "change_low",
        "change_high",
        "usual",
        "null_low",
        "null_high",
        "p",
    ]
    frame = pd.DataFrame(found, columns=columns)
    frame["q"] = false_discovery_rates(frame["p"].to_numpy(dtype=float))
    frame["significant"] = frame["q"] <= FDR
    width = (frame["null_high"] - frame["null_low"]).clip(lower=1e-12)
    beyond = ((frame["change"] - frame["usual"]).abs() / width).rename("beyond")
    order = frame.assign(beyond=beyond).sort_values(["p", "beyond"], ascending=[True, False]).index
    return PairChanges(
        frame.loc[order].reset_index(drop=True), len(rows), int(fails[rows].sum()), bound
    )


def false_discovery_rates(p: np.ndarray) -> np.ndarray:
    """Benjamini-Hochberg q of each p: the smallest rate at which it would be significant."""
    from scipy.stats import false_discovery_control

    return false_discovery_control(p) if len(p) else np.empty(0)


def _changes(
    table: CompositionTable, network: dict[int, np.ndarray], reference: dict[int, np.ndarray]
) -> np.ndarray:
    """dR of each pair in each compound: a structured array of `row`, `a`, `b` (a < b), `value`."""
    ours, theirs = environments(network, "within"), environments(reference, "within")
    pieces = []
    for n, (rows, numbers, _) in table.groups().items():
        if n not in ours.entries or n not in theirs.entries:
            continue
        both, i, j = np.intersect1d(ours.places[n], theirs.places[n], return_indices=True)
        value = ours.entries[n][i] - theirs.entries[n][j]  # (B, P)
        first, second = np.triu_indices(n, k=1)
        ends = np.sort(np.stack([numbers[both][:, first], numbers[both][:, second]]), axis=0)
        piece = np.empty(value.size, dtype=[("row", int), ("a", int), ("b", int), ("value", float)])
        piece["row"] = np.repeat(rows[both], value.shape[1])
        piece["a"], piece["b"], piece["value"] = ends[0].ravel(), ends[1].ravel(), value.ravel()
        pieces.append(piece)
    if not pieces:
        raise CECVError("No compound of three or more elements is resolved by both networks.")
    return np.concatenate(pieces)


def _by_pair(
    change: np.ndarray, fails: np.ndarray
) -> Iterator[tuple[tuple[int, int], np.ndarray, np.ndarray]]:
    """Atomic numbers of a pair, its dR and whether the reference fails, for each compound."""
    change = change[np.lexsort((change["row"], change["b"], change["a"]))]
    new = np.flatnonzero(np.diff(change["a"]) | np.diff(change["b"])) + 1
    for group in np.split(change, new):
        yield (int(group["a"][0]), int(group["b"][0])), group["value"], fails[group["row"]]


def _held_against_draws(
    values: np.ndarray, failing: np.ndarray, rng: np.random.Generator
) -> tuple[float, float, float]:
    """p of the mean over the failing ones, and the middle 95% of the draws.

    The second, larger round of draws is independent of the first, which only decides whether it is
    run. So p stays valid: p <= a < `_PROMISING` needs p <= a in the second round.
    """
    k, centre = int(failing.sum()), values.mean()
    seen = abs(values[failing].mean() - centre)
    draws = _means_of_draws(values, k, _DRAWS, rng)
    p = _p(draws, centre, seen)
    if p <= _PROMISING:
        draws = _means_of_draws(values, k, _MORE_DRAWS, rng)
        p = _p(draws, centre, seen)
    low, high = np.quantile(draws, [0.025, 0.975])
    return p, float(low), float(high)


def _p(draws: np.ndarray, centre: float, seen: float) -> float:
    # the observed draw counts as one of them
    return float((1 + (np.abs(draws - centre) >= seen * (1 - 1e-9)).sum()) / (1 + len(draws)))


def _means_of_draws(values: np.ndarray, k: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Means of k values drawn without replacement, (draws,)."""
    size = max(1, _ROOM // len(values))
    means = []
    for start in range(0, draws, size):
        keys = rng.random((min(size, draws - start), len(values)), dtype=np.float32)
        taken = np.argpartition(keys, k - 1, axis=1)[:, :k]
        means.append(values[taken].mean(axis=1))
    return np.concatenate(means)


def _interval(values: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """95% of the means of values drawn with replacement."""
    taken = rng.integers(len(values), size=(2_000, len(values)))
    low, high = np.quantile(values[taken].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def _name(a: int, b: int) -> str:
    """The less electronegative first, as in a formula."""
    first, second = sorted((a, b), key=lambda z: (ELECTRONEGATIVITY[z], z))
    return f"{SYMBOLS[first]}–{SYMBOLS[second]}"

"""Replayed campaigns: which rule finds the best compounds of a table with the fewest measurements?

`OMP_NUM_THREADS=1 python -m benchmarks.search.campaigns --tables FOLDER [--rounds 20] [--seeds 5]`

FOLDER is that of `benchmarks.accuracy.yardsticks`. Of each table (parts joined, at most 5,000
compositions) 100 random rows are known. In each round a surrogate is fitted to what is known, a
rule of `fusionnas suggest` ranks the rest, and the ten chosen rows become known. Surrogates are a
random forest and a Gaussian process on standardised Magpie features. Both give a normal
distribution: no tree predicts beyond its training targets, so that the trees' own values would
promise no improvement. Sought is the largest value.

Finished campaigns are lines of benchmarks/results/campaigns.jsonl. `--table` prints them as
Markdown: the share of the top 1% that was found after each number of rounds, and the rounds until
nine of the ten best were known.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import norm

from benchmarks.accuracy.tables import load_table
from fusionnas.data.table import CompositionTable
from fusionnas.files.ledger import Ledger
from fusionnas.insight.suggestion.choice import apart
from fusionnas.insight.suggestion.outlook import Outlook
from fusionnas.insight.suggestion.rules import RULES, Goal, find_rule, promise, ranked
from fusionnas.models.baselines.features import composition_features
from fusionnas.models.baselines.forest import RandomForestMedian
from fusionnas.seeding import sub_seed

RESULTS = Path(__file__).parents[1] / "results" / "campaigns.jsonl"
TABLES = ("phonons", "aflow_bulk_modulus")
KNOWN, EACH, MOST = 100, 10, 5000
TOP, TEN, NINE = 0.01, 10, 9
RANDOM = "random"
POINTS = 40  # of a normal distribution
SURROGATES = ("forest", "process")
DISTANCES = (0.0, 0.1)  # the least one between two choices of a round


def forest_outlook(x: np.ndarray, y: np.ndarray, rest: np.ndarray, seed: int) -> Outlook:
    """Mean and spread of the trees for features `rest` (N, F)."""
    forest = RandomForestMedian(seed=seed).fit(x, y).model_
    return _normal(forest.mean(rest), forest.spread(rest))


def process_outlook(x: np.ndarray, y: np.ndarray, rest: np.ndarray, seed: int) -> Outlook:
    """A Gaussian process with a Matern kernel (nu 5/2) and noise."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(x)
    kernel = ConstantKernel() * Matern(np.sqrt(x.shape[1]), nu=2.5) + WhiteKernel(0.1)
    model = GaussianProcessRegressor(kernel, normalize_y=True, random_state=seed)
    mean, spread = model.fit(scaler.transform(x), y).predict(
        scaler.transform(rest), return_std=True
    )
    return _normal(mean, spread)


def _normal(mean: np.ndarray, spread: np.ndarray) -> Outlook:
    z = norm.ppf((np.arange(POINTS) + 0.5) / POINTS)
    return Outlook(mean + spread * z[:, None], np.full(len(z), 1 / len(z)))


def campaign(
    table: CompositionTable,
    features: np.ndarray,
    targets: np.ndarray,
    surrogate: str,
    rule: str,
    distance: float,
    seed: int,
    rounds: int,
) -> dict[str, Any]:
    """Shares of the top 1% and numbers of the ten best that are known after each round."""
    goal, rng = Goal("max"), np.random.default_rng(sub_seed(seed, "campaign"))
    order = np.argsort(-targets, kind="stable")
    top, ten = order[: max(TEN, round(TOP * len(targets)))], order[:TEN]
    known = np.zeros(len(targets), dtype=bool)
    known[rng.permutation(len(targets))[:KNOWN]] = True
    shares, best = [], []
    for number in range(rounds + 1):
        shares.append(float(known[top].mean()))
        best.append(int(known[ten].sum()))
        rest = np.flatnonzero(~known)
        if number == rounds or not len(rest):
            break
        if rule == RANDOM:
            order = rng.permutation(len(rest))
        else:
            make = forest_outlook if surrogate == "forest" else process_outlook
            outlook = make(features[known], targets[known], features[rest], number)
            utility = goal.utility(outlook.points)
            best_known = float(goal.utility(targets[known]).max())
            scores = find_rule(rule).score(outlook, utility, best_known)
            order = ranked(scores, promise(outlook, utility, best_known))
        known[rest[apart(table.take(rest), order, EACH, distance)]] = True
    return {"shares": shares, "best": best}


def jobs(seeds: int) -> list[tuple[str, str, str, float, int]]:
    """Table, surrogate, rule, distance and seed of each campaign."""
    kinds = [(RANDOM, RANDOM, 0.0)]
    kinds += [(s, rule, 0.0) for s in SURROGATES for rule in RULES]
    kinds += [("forest", "ei", distance) for distance in DISTANCES[1:]]
    return [(t, *kind, seed) for seed in range(seeds) for t in TABLES for kind in kinds]


def markdown(records: list[dict[str, Any]]) -> str:
    """A row a surrogate and rule: means over the seeds, for each table."""
    tables = list(dict.fromkeys(r["table"] for r in records))
    head = " | ".join(f"{t}: top 1% after 5, 10, 20 rounds; rounds to nine of ten" for t in tables)
    lines = [f"| surrogate | rule | {head} |", "|---|---|" + "---|" * len(tables)]
    for kind in dict.fromkeys((r["surrogate"], r["rule"], r["distance"]) for r in records):
        cells = []
        for name in tables:
            own = [
                r
                for r in records
                if r["table"] == name and (r["surrogate"], r["rule"], r["distance"]) == kind
            ]
            if not own:
                cells.append("not run yet")
                continue
            shares = np.array([r["shares"] for r in own])
            at = [f"{shares[:, n].mean():.0%}" for n in (5, 10, 20) if n < shares.shape[1]]
            ends = [next((i for i, b in enumerate(r["best"]) if b >= NINE), None) for r in own]
            reached = [end for end in ends if end is not None]
            words = (
                f"{np.median(reached):.0f}"
                if len(reached) == len(own)
                else (f"{len(reached)} of {len(own)} get there")
            )
            cells.append(f"{', '.join(at)}; {words}")
        surrogate, rule, distance = kind
        rule = f"{rule}, {distance:g} apart" if distance else rule
        lines.append(f"| {surrogate} | {rule} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tables", type=Path)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--table", action="store_true", help="print what is finished")
    given = parser.parse_args()
    ledger = Ledger(RESULTS)
    if given.table:
        print(markdown(list(ledger)))
        return
    if given.tables is None:
        parser.error("give --tables FOLDER, or --table")
    warnings.simplefilter("ignore")  # a noise that reaches the end of its range
    done, loaded = ledger.by_key(), {}
    for name, surrogate, rule, distance, seed in jobs(given.seeds):
        key = f"{name}/{surrogate}/{rule}/{distance:g}/{given.rounds}/{seed}"
        if key in done:
            continue
        if name not in loaded:
            data = load_table(name, given.tables, (MOST,) * 3)
            rows = np.concatenate([data.parts.train, data.parts.val, data.parts.test])[:MOST]
            table = data.table.take(rows)
            loaded[name] = table, composition_features(table), data.targets[rows]
        found = campaign(*loaded[name], surrogate, rule, distance, seed, given.rounds)
        about = {"table": name, "surrogate": surrogate, "rule": rule, "distance": distance}
        ledger.add({"key": key, **about, "seed": seed, **found})
        print(key, f"{found['shares'][-1]:.0%}", flush=True)


if __name__ == "__main__":
    main()

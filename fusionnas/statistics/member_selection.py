"""The models of an ensemble and their weights: greedy selection with replacement.

Caruana et al., "Ensemble selection from libraries of models" (ICML 2004): begin with the best few
models, repeatedly add the model that lowers the error most, and keep the size with the lowest
error. A model that is added three times has three times the weight. The predictions must be for
rows that no model was fitted to.

With few such rows the selection follows their noise. So it is repeated on random halves of the
rows, and the weights are averaged. (The paper repeats it on random halves of its thousands of
models; half of a few models often lacks the best one.) The rule of selection is chosen on rows that
the rules did not see: each rule is fitted to four fifths of the rows and judged on the last fifth,
and this is done twice. The plain mean and median of all models are among the rules, and win if
there are too few rows to choose by.

Symbols: M models, N rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fusionnas.seeding import sub_seed
from fusionnas.statistics.combination import COMBINATIONS, Combination, combine
from fusionnas.statistics.metrics import absolute_errors

START = 3  # the largest number of models that a selection begins with
ADDITIONS = 40  # the largest number of models that are then added one by one
BAGS = 10  # the number of averaged selections, each on a random half of the rows
FOLDS, REPEATS = 5, 2  # of the rows that judge a rule
FEWEST_ROWS = 20  # with fewer rows only the plain rules are tried
NEGLIGIBLE = 0.01  # a weight below this only makes the ensemble larger

Losses = Callable[[np.ndarray, np.ndarray], np.ndarray]
Weighing = Callable[[np.ndarray, np.ndarray, int, Losses], np.ndarray]
Rule = tuple[str, Weighing, Combination]  # in words, how it weighs, how it combines


@dataclass(frozen=True, slots=True)
class Selection:
    """The weights of the models in an ensemble, and the rule that chose them."""

    weights: np.ndarray  # (M,), with the sum 1; 0 for models that are left out
    how: Combination
    rule: str  # in words

    def combine(self, predictions: np.ndarray) -> np.ndarray:
        """One value per row, (N,), from predictions (M, N)."""
        return combine(predictions, self.weights, self.how)


def select_members(
    predictions: np.ndarray,
    target: np.ndarray,
    seed: int = 0,
    ways: Sequence[Combination] = COMBINATIONS,
    losses: Losses = absolute_errors,
) -> Selection:
    """Weights that give the models together a low error.

    On the given rows the result is never worse than the best single model, and it does not depend
    on the order of the models.

    Args:
        predictions: the predictions of each model for rows that it was not fitted to, (M, N), or
            (M, N, K) of several classes.
        target: the targets of these rows, (N,).
        seed: seed for drawing rows.
        ways: the allowed ways to combine values.
        losses: the loss of each row, (..., N), of predictions (..., N) and targets (N,); the error
            is its mean.
    """
    values = predictions.reshape(len(predictions), -1)
    order = np.lexsort((*values[:, ::-1].T, losses(predictions, target).mean(axis=1)))
    found = _select(predictions[order], target, seed, ways, losses)
    weights = np.empty(len(order))
    weights[order] = found.weights
    return Selection(weights, found.how, found.rule)


def _select(
    predictions: np.ndarray,
    target: np.ndarray,
    seed: int,
    ways: Sequence[Combination],
    losses: Losses,
) -> Selection:
    """Like `select_members`, for models that are sorted by their error."""
    alone = Selection(np.eye(len(predictions))[0], ways[0], "the best model alone")
    if len(predictions) == 1:
        return alone
    rules = PLAIN if len(target) < FEWEST_ROWS else PLAIN + GREEDY
    rules = tuple(rule for rule in rules if rule[2] in ways)
    scores = np.zeros(len(rules))
    rng = np.random.default_rng(sub_seed(seed, "rows"))
    for _ in range(REPEATS):
        fold = rng.permutation(len(target)) % FOLDS
        for held_out in range(min(FOLDS, len(target))):
            seen = fold != held_out
            scores += (~seen).sum() * _scores(rules, predictions, target, seen, seed, losses)
    words, weigh, how = rules[int(scores.argmin())]
    best = Selection(weigh(predictions, target, seed, losses), how, words)
    together = losses(best.combine(predictions), target).mean()
    worse = together > losses(predictions[0], target).mean()
    return alone if worse else best


def _scores(
    rules: Sequence[Rule],
    predictions: np.ndarray,
    target: np.ndarray,
    seen: np.ndarray,
    seed: int,
    losses: Losses,
) -> np.ndarray:
    """The error of each rule on unseen rows, with weights from the rows that it has seen."""
    weights = {
        weigh: weigh(predictions[:, seen], target[seen], seed, losses)
        for weigh in {weigh for _, weigh, _ in rules}
    }
    rest, truth = predictions[:, ~seen], target[~seen]
    return np.array(
        [losses(combine(rest, weights[weigh], how), truth).mean() for _, weigh, how in rules]
    )


def _equal(predictions: np.ndarray, target: np.ndarray, seed: int, losses: Losses) -> np.ndarray:
    return np.full(len(predictions), 1 / len(predictions))


def _bagged(predictions: np.ndarray, target: np.ndarray, seed: int, losses: Losses) -> np.ndarray:
    """The mean weights of greedy selections on random halves of the rows."""
    rng = np.random.default_rng(sub_seed(seed, "halves"))
    weights = np.zeros(len(predictions))
    for _ in range(BAGS):
        half = rng.permutation(len(target))[: (len(target) + 1) // 2]
        weights += greedy_weights(predictions[:, half], target[half], losses)
    weights /= weights.sum()
    weights[weights < NEGLIGIBLE] = 0
    return weights / weights.sum()


def greedy_weights(
    predictions: np.ndarray, target: np.ndarray, losses: Losses = absolute_errors
) -> np.ndarray:
    """Weights (M,) of one greedy selection for the weighted mean.

    On these rows it is never worse than the best single model, because the best model alone is one
    of the sizes to choose from.
    """
    errors = losses(predictions, target).mean(axis=1)
    start = np.argsort(errors, kind="stable")[:START]
    best, lowest = np.zeros(len(predictions)), np.inf
    counts = np.zeros(len(predictions))
    total = np.zeros(predictions.shape[1:])
    for size in range(1, len(start) + ADDITIONS + 1):
        if size <= len(start):
            added = int(start[size - 1])
        else:
            added = int(losses((total + predictions) / size, target).mean(axis=1).argmin())
        counts[added] += 1
        total += predictions[added]
        error = float(losses(total / size, target).mean())
        if error < lowest:
            best, lowest = counts / size, error
    return best


# if rules are equally good, the first one is used
PLAIN: tuple[Rule, ...] = (
    ("median of all models", _equal, "median"),
    ("mean of all models", _equal, "mean"),
)
GREEDY: tuple[Rule, ...] = (
    ("greedy selection, weighted median", _bagged, "median"),
    ("greedy selection, weighted mean", _bagged, "mean"),
)

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

from fusionnas.data.scaling import Scaler
from fusionnas.errors import BundleError
from fusionnas.models.baselines import trees as trees_module
from fusionnas.models.baselines.forest import ExtraTreesMedian, RandomForestMedian
from fusionnas.models.baselines.forest_model import ForestModel
from fusionnas.models.baselines.trees import Trees

PLAIN = Scaler(0.0, 1.0)


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    """Features on few values, so that many lie at a threshold, and targets with a heavy tail."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 6, (500, 12)) / 3
    return X, X[:, 0] * X[:, 1] + rng.standard_cauchy(500)


@pytest.mark.parametrize("kind", [RandomForestRegressor, ExtraTreesRegressor])
@pytest.mark.parametrize("leaf", [1, 7])
def test_each_tree_predicts_what_scikit_learns_does(rows, kind, leaf, monkeypatch) -> None:
    X, y = rows
    forest = kind(13, min_samples_leaf=leaf, random_state=1).fit(X[:300], y[:300])
    theirs = np.stack([tree.predict(X) for tree in forest.estimators_], axis=1)
    ours = Trees.of(forest.estimators_, PLAIN)
    assert (ours.number[ours.leaves(X)] == theirs).all()
    for pairs in (200_000, 13 * 7, 1):  # one block, several with a rest, a row at a time
        monkeypatch.setattr(trees_module, "_PAIRS", pairs)
        assert (ours.over_trees(np.median, X) == np.median(theirs, axis=1)).all()


def test_a_tree_that_is_one_leaf(rows) -> None:
    X, _ = rows
    forest = RandomForestRegressor(3).fit(X, np.ones(len(X)))
    assert (Trees.of(forest.estimators_, Scaler(2.0, 3.0)).over_trees(np.mean, X) == 5.0).all()


def test_stored_trees_are_the_same(rows, tmp_path: Path) -> None:
    X, y = rows
    fitted = RandomForestMedian(5).fit(X, y)
    fitted.model_.write(tmp_path)
    again = ForestModel.read(tmp_path)
    assert (again.predict(X) == fitted.predict(X)).all()
    with pytest.raises(ValueError, match="5 features were given, and the trees read 12"):
        again.predict(X[:, :5])


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "trees.safetensors").write_bytes(b"no trees")
    with pytest.raises(BundleError, match=r"trees\.safetensors cannot be read"):
        ForestModel.read(tmp_path)


@pytest.mark.parametrize("kind", [RandomForestMedian, ExtraTreesMedian])
def test_the_size_of_the_unit_does_not_matter(rows, kind) -> None:
    """Targets of 1e-9 are no constant, but a plain tree stops at a variance of 2e-16."""
    X, y = rows
    scale = 2.0**-30  # exact, so that no tie is broken otherwise
    large, small = (kind(20).fit(X, factor * y).predict(X) for factor in (1.0, scale))
    assert (small == scale * large).all()

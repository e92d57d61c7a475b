"""scikit-learn estimators: formulas in, a property out.

`FusionRegressor` and `FusionClassifier` train one architecture, and `FusionSearchCV` searches for
one. X is a list, array or Series of formulas, a table with one column, or a DataFrame with a named
formula column.
"""

from fusionnas.estimators.classifier import FusionClassifier
from fusionnas.estimators.regressor import FusionRegressor
from fusionnas.estimators.search_cv import FusionSearchCV

__all__ = ["FusionClassifier", "FusionRegressor", "FusionSearchCV"]

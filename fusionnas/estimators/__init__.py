"""scikit-learn estimators: formulas in, a property out.

`FusionRegressor` trains one architecture, `FusionSearchCV` searches for one. X is a list, array or
Series of formulas, a table of one column, or a DataFrame whose formula column is named.
"""

from fusionnas.estimators.regressor import FusionRegressor
from fusionnas.estimators.search_cv import FusionSearchCV

__all__ = ["FusionRegressor", "FusionSearchCV"]

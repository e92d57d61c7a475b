"""Explains the predictions of bundles: for single formulas, and over a table of compounds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.reading.bad_rows import refuse
from fusionnas.data.reading.columns import formula_place, names_of
from fusionnas.data.reading.files import read_frame
from fusionnas.data.reading.target_columns import refuse_several
from fusionnas.data.reading.training_rows import read_rows
from fusionnas.data.table import encode_formulas
from fusionnas.errors import FusionNASError, OptionError
from fusionnas.files.causes import cause_of
from fusionnas.insight.pictures.efm import efm_view
from fusionnas.insight.pictures.element_contributions import (
    contribution_changes_view,
    contributions_view,
)
from fusionnas.insight.pictures.element_pairs import element_pairs_view
from fusionnas.insight.pictures.element_similarity import similarity_view
from fusionnas.insight.pictures.formula_contributions import contributions_of
from fusionnas.insight.pictures.umap import umap_view
from fusionnas.insight.reading.examples import examples
from fusionnas.insight.reading.formula import Explanation, explain_formulas, explanation_table
from fusionnas.models.predictor import Predictor
from fusionnas.plots.notebook import notebook_html
from fusionnas.plots.view import View
from fusionnas.studies.folder import RUNS
from fusionnas.studies.named_network import Named, open_networks
from fusionnas.studies.trained_network import check_same_conditions
from fusionnas.tasks.kinds import check_one_class, check_one_target

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Explained:
    """Formulas as networks read them; the first network is the explained one."""

    networks: Mapping[str, Predictor]  # by name
    formulas: tuple[str, ...]
    explanations: Mapping[str, Sequence[Explanation]]  # by network, in the order of the formulas
    notes: tuple[str, ...] = ()  # about networks beside which their study has a predictor

    def table(self) -> pd.DataFrame:
        """One row for each element, formula and network; see `explanation_table`."""
        return explanation_table(self.explanations)

    def __repr__(self) -> str:
        return f"<Explained {', '.join(self.formulas)} by {', '.join(self.networks)}>"

    def _repr_html_(self) -> str:
        """What each element contributes, in a notebook."""
        words = f"Contributions of elements by {', '.join(self.networks)}"
        return notebook_html(words, self.table(), contributions_of(self.explanations))

    def views(self) -> Iterator[tuple[str, Callable[[], View]]]:
        """The names of two views of the formulas, and the functions that make them."""
        yield "efm", partial(efm_view, self.networks, self.formulas)
        yield "formula-contributions", partial(contributions_of, self.explanations)


def explain(
    network: Named,
    formulas: Sequence[str] | None = None,
    *,
    against: Sequence[Named] = (),
    conditions: Mapping[str, Any] | None = None,
    runs: str | Path = RUNS,
) -> Explained:
    """Split the predictions of a network into their parts.

    Args:
        network: the folder of a bundle, a finished study by name or path, or a predictor; after a
            colon the one of several targets or classes (`NAME:CLASS`).
        formulas: formulas to explain; by default four perovskites, or four of the network's own
            training compositions if training did not see all elements of the perovskites.
        against: further networks to compare with, which read the same conditions.
        conditions: values of conditions beside the formula, of all formulas, by name; the others
            are at the median or the most frequent word of the training part.
        runs: folder of all studies.

    Raises:
        BundleError, StudyError, OptionError, FormulaError, ElementError: the input has a fault.
    """
    if formulas is not None and not formulas:
        raise OptionError("Give at least one formula to explain.")
    opened = open_networks([network, *against], Path(runs))
    check_same_conditions(opened)
    networks = {one.name: one.predictor for one in opened}
    for one in networks.values():
        check_explainable(one)
    known = opened[0].predictor.conditions
    if known is None and conditions:
        raise OptionError(f"'{opened[0].name}' reads formulas alone, so it has no conditions.")
    given = {} if known is None else known.checked(conditions or {})
    if formulas is None:
        formulas = examples(next(iter(networks.values())))
    explanations = {name: explain_formulas(one, formulas, given) for name, one in networks.items()}
    notes = tuple(sentence for one in opened for sentence in one.beside_predictor)
    return Explained(networks, tuple(formulas), explanations, notes)


def check_explainable(network: Predictor) -> None:
    """Raise OptionError for more than two classes or several targets: no single number is the sum
    of its elements."""
    check_one_target(network.manifest, "an explanation")
    check_one_class(network.manifest, "an explanation")


def views_of_compounds(
    networks: Mapping[str, Predictor],
    formulas: Sequence[str],
    target: np.ndarray | None = None,
) -> Iterator[tuple[str, Callable[[], View]]]:
    """The views of the first network over many compounds, alone and beside the other networks.

    Args:
        networks: networks by name.
        formulas: formulas of compounds that the networks were not trained on.
        target: target of each formula, if known, (N,).

    Yields:
        The name of a view and the function that makes it. If the view cannot be drawn, the function
        raises an error of `fusionnas.errors` with the reason.
    """
    network, *references = networks.values()
    yield "element-contributions", partial(contributions_view, network, formulas)
    yield "element-similarity", partial(similarity_view, network, formulas)
    for name, reference in zip(list(networks)[1:], references, strict=True):
        changes = partial(contribution_changes_view, network, reference, formulas, name)
        yield _beside(name, "contribution-changes", changes)
        if target is not None:
            pairs = partial(element_pairs_view, network, reference, formulas, target, name)
            yield _beside(name, "element-pairs", pairs)
    yield "umap", partial(umap_view, network, formulas, target)


def save_views(
    makers: Iterable[tuple[str, Callable[[], View]]],
    folder: Path,
    on_step: Callable[[str], None] = lambda name: None,
) -> tuple[list[Path], dict[str, str]]:
    """Draw views into a folder.

    Args:
        makers: pairs as from `views_of_compounds`.
        folder: folder, made if it does not exist.
        on_step: called with the name of the next view.

    Returns:
        The files written, and for each view that was left out the reason.

    Raises:
        OptionError: the folder cannot be written.
    """
    written: list[Path] = []
    left_out: dict[str, str] = {}
    for name, make in makers:
        on_step(name)
        try:
            view = make()
        except FusionNASError as e:
            left_out[name] = str(e)
            continue
        try:
            written += view.save(folder)
        except OSError as e:
            raise OptionError(f"{folder} cannot be written: {cause_of(e)}") from e
    return written, left_out


def read_compounds(
    path: Path,
    formula_column: str | None = None,
    target_column: str | None = None,
    numbers: bool = True,
) -> tuple[list[str], np.ndarray | None]:
    """The formulas of a CSV, and their targets (N,) if a column is named or called `target`.

    Without `numbers`, as for classes, targets are not read.

    Raises:
        DataError: there is no such file or column, or a target is not a number. FormulaError: a
            formula cannot be read; the message names the row.
    """
    refuse_several(target_column, "explain")
    frame = read_frame(path)
    formulas = frame.iloc[:, formula_place(frame, path, formula_column)].tolist()
    given = target_column is not None or any(n.lower() == "target" for n in names_of(frame))
    if not (numbers and given):
        encode_formulas(formulas, str(path), first_row=2)  # an error names the row
        return formulas, None
    rows = read_rows(frame, path, formula_column, target_column, first_row=2)
    refuse(rows.bad)
    return formulas, rows.targets


def _beside(other: str, name: str, make: Callable[[], View]) -> tuple[str, Callable[[], View]]:
    """A view of two networks, whose file names contain the name of the other one."""
    full = f"{name}-{re.sub('[^a-z0-9]+', '-', other.lower()).strip('-')}"
    return full, lambda: replace(make(), name=full)

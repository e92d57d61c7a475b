"""Compares models of several targets: a comparison on each of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from fusionnas.errors import OptionError
from fusionnas.insight.comparison.compare import TOO_FEW, Comparison, compare
from fusionnas.models.predictor import Predictor
from fusionnas.studies.folder import RUNS
from fusionnas.studies.named_network import Named, open_network

LONGEST = 60  # letters of a target in names of files


def target_slug(place: int, target: str) -> str:
    """A target in names of files, folders and ids, unique by its place.

    `2-bulk-gpa` is the second target, `bulk (GPa)`.
    """
    words = re.sub(r"[^a-z0-9]+", "-", target.lower()).strip("-")
    return f"{place + 1}-{words[:LONGEST]}".rstrip("-")


@dataclass(frozen=True, slots=True)
class TargetComparisons:
    """Comparisons of the same models on several targets, by the name of the target."""

    by_target: Mapping[str, Comparison]

    @property
    def words(self) -> str:
        """The results of all comparisons in sentences."""
        return " ".join(f"{name}: {found.words}" for name, found in self.by_target.items())

    @property
    def slugs(self) -> dict[str, str]:
        """What each target is in names of files, by its name."""
        return {name: target_slug(place, name) for place, name in enumerate(self.by_target)}

    def save(self, folder: str | Path) -> list[Path]:
        """Write the files of each target to a folder of its own, such as `2-bulk-gpa`.

        Returns:
            The paths of the files.
        """
        slugs = self.slugs
        return [
            path
            for name, found in self.by_target.items()
            for path in found.save(Path(folder) / slugs[name])
        ]

    def __repr__(self) -> str:
        return f"<TargetComparisons: {self.words}>"

    def _repr_html_(self) -> str:
        """The comparison of each target in a notebook."""
        each = self.by_target.items()
        return "".join(f"<h4>{escape(name)}</h4>{found._repr_html_()}" for name, found in each)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {"targets": [found.to_dict() for found in self.by_target.values()]}


def targets_of(named: Named, runs: str | Path = RUNS) -> tuple[str, ...]:
    """The targets of a model of several; empty for one target.

    Raises:
        InputError: there is no such model.
    """
    return open_network(named, Path(runs)).predictor.targets


def compare_targets(
    *networks: Named,
    runs: str | Path = RUNS,
    on_step: Callable[[str], None] = lambda text: None,
    **options: Any,
) -> TargetComparisons:
    """Compare networks on each of the targets of the first.

    On a target it is compared with the models that predict it: others of several targets with one
    of this name, and models of this target alone. A target that no other model predicts is left
    out, if there are no yardsticks either.

    Args:
        networks: as for `compare`; the first has several targets.
        runs: folder of all studies.
        on_step: called with the name of the next step.
        options: further arguments of `compare`; `data` has a column with the name of each target.

    Raises:
        OptionError: the first has one target, or another one predicts none of its targets. Other
            InputErrors: as for `compare`.
    """
    runs = Path(runs)
    if options.get("target_column") is not None:
        raise OptionError(
            "Models of several targets read the column of each; for another one name the target "
            "after a colon, such as MODEL:TARGET."
        )
    names = targets_of(networks[0], runs)
    if not names:
        raise OptionError("The first network has one target: compare it by fusionnas.compare.")
    sides: dict[str, list[Named]] = {name: [] for name in names}
    for named in networks:
        opened = open_network(named, runs)
        own = opened.predictor.targets or (opened.target,)
        if not set(own) & set(names):
            raise OptionError(
                f"'{opened.name}' predicts {', '.join(own)}, which is none of the targets of the "
                f"first: {', '.join(names)}."
            )
        for name in names:
            if name in own:
                sides[name].append(_of_target(named, name, opened.predictor))
    # only the first model predicts all, so a target that no other predicts is beside its yardsticks
    beside = options.get("yardsticks", True) and open_network(networks[0], runs).study is not None
    found = {}
    for name, models in sides.items():
        if len(models) == 1 and not beside:
            continue
        reading = options if options.get("data") is None else options | {"target_column": name}
        found[name] = compare(*models, runs=runs, on_step=_naming(name, on_step), **reading)
    if not found:
        raise OptionError(TOO_FEW)
    return TargetComparisons(found)


def _of_target(named: Named, target: str, predictor: Predictor) -> Named:
    """The model of a target; one of this target alone as it is."""
    if not predictor.targets:
        return named
    if isinstance(named, Predictor):
        return predictor.each[predictor.targets.index(target)]
    return f"{named}:{target}"


def _naming(target: str, on_step: Callable[[str], None]) -> Callable[[str], None]:
    return lambda text: on_step(f"{target}: {text}")

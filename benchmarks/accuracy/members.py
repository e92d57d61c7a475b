"""How many networks should a predictor have, and do the networks of the trials help it?

`python -m benchmarks.accuracy.members RUNS/STUDY [--data TABLE] [--epochs 12]`

For a finished study without folds; TABLE is its data if that is not built in. All errors are those
of medians on the validation part, which no candidate was fitted to: of the yardsticks, with one and
more networks of the final training, and with the best networks of the trials as well. Then a
predictor's own selection without and with the networks of the trials, chosen on one half of these
rows and judged on the other. With `--epochs` the networks of the final training are trained again
for so many epochs, from their seeds.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.sources import load_dataset
from fusionnas.models.bundle import Bundle
from fusionnas.networks.architecture import Architecture
from fusionnas.searching.final_training import final_trainings
from fusionnas.statistics.combination import combine
from fusionnas.statistics.member_selection import select_members
from fusionnas.statistics.metrics import mae
from fusionnas.studies.folder import StudyFolder
from fusionnas.training.data import TrainingData
from fusionnas.training.fresh import fresh_network, training_seed
from fusionnas.training.recipe import Recipe
from fusionnas.training.trainer import Trainer
from fusionnas.workflows.candidates import HeldOut

TRIALS = (2, 4, 8, 12)  # the best of them, beside all others
SPLITS = 6  # random halves of the rows


def of_trials(study: StudyFolder, rows: HeldOut) -> list[np.ndarray]:
    """Predictions (N,) of the stored networks of the trials, the best first."""
    trials = study.trials()
    best = trials[trials["state"] == "done"].sort_values("val_mae")["number"]
    stored = [Bundle.stored(study.trial(int(number)), rows.data) for number in best]
    return [bundle.predict(rows.inputs)[0] for bundle in stored]


def selected(values: Sequence[np.ndarray], target: np.ndarray) -> float:
    """Error of a predictor's own selection on rows that did not choose."""
    said, rng, errors = np.stack(values), np.random.default_rng(0), []
    for _ in range(SPLITS):
        order = rng.permutation(len(target))
        half = len(order) // 2
        for chosen_by, judged_by in ((order[:half], order[half:]), (order[half:], order[:half])):
            found = select_members(said[:, chosen_by], target[chosen_by])
            predicted = combine(said[:, judged_by], found.weights, found.how)
            errors.append(mae(predicted, target[judged_by]))
    return float(np.mean(errors))


def trained_again(study: StudyFolder, rows: HeldOut, epochs: int) -> Iterator[tuple[str, float]]:
    """The validation error of each network of the final training after another number of epochs."""
    data = TrainingData.of(rows.dataset, rows.device)
    recipe = replace(Recipe(**study.facts["recipe"]), epochs=epochs)
    for training in final_trainings(study.path):
        architecture = Architecture.from_dict(training.result["architecture"])
        seed = int(training.result["seed"])
        vectors = element_vectors(architecture.element_vectors)
        trainer = Trainer(
            fresh_network(architecture, vectors, seed), data, recipe, training_seed(seed)
        )
        for _ in trainer:
            pass
        yield f"{training.folder.name}: {training.error:.4g}", trainer.finish().val_error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("study", type=Path)
    parser.add_argument("--data")
    parser.add_argument("--epochs", type=int)
    given = parser.parse_args()
    study = StudyFolder(given.study)
    rows = HeldOut(study, load_dataset(given.data))
    found, _ = rows.candidates()
    finals = [one for one in found if isinstance(one.models[0], Bundle)]
    finals.sort(key=lambda one: one.error)
    yardsticks = [one.values for one in found if not isinstance(one.models[0], Bundle)]
    networks = [one.values for one in finals]

    def median(*values: np.ndarray) -> str:
        return f"{mae(np.median(np.stack(values), axis=0), rows.target):.4g}"

    for count in range(len(networks) + 1):
        print(f"yardsticks and {count} networks: {median(*yardsticks, *networks[:count])}")
    trials, everything = of_trials(study, rows), [*yardsticks, *networks]
    for count in TRIALS:
        print(f"and the best {count} of the trials: {median(*everything, *trials[:count])}")
    print(f"selection: {selected(everything, rows.target):.4g}")
    print(f"with the trials: {selected([*everything, *trials], rows.target):.4g}", flush=True)
    if given.epochs is not None:
        for name, error in trained_again(study, rows, given.epochs):
            print(f"{name}, after {given.epochs} epochs {error:.4g}", flush=True)


if __name__ == "__main__":
    main()

from __future__ import annotations

from pathlib import Path

import optuna
import pytest

from fusionnas.components import identity
from fusionnas.errors import SearchSpaceError
from fusionnas.named import architecture_names, load_architecture
from fusionnas.network import build
from fusionnas.search_space import NotInSpace, SearchSpace
from fusionnas.search_space_file import load_space
from fusionnas.yaml_file import shipped
from tests.compounds import random_compounds, vectors

optuna.logging.set_verbosity(optuna.logging.WARNING)


@pytest.fixture(scope="module")
def space() -> SearchSpace:
    return load_space("default")


@pytest.mark.parametrize("name", shipped("search_spaces"))
def test_samples_build_and_run(name: str) -> None:
    space = load_space(name)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for place in range(60):
        trial = study.ask()
        architecture = space.suggest(trial)
        assert space.parameters_of(architecture) == trial.params
        network = build(architecture.with_width(16), vectors(), seed=0)
        value, log_scale = network(*random_compounds(3, 1 + place % 8))
        (value.sum() + log_scale.sum()).backward()


def test_parameters_of_leads_back(space: SearchSpace) -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    for _ in range(50):
        architecture = space.suggest(study.ask())
        fixed = optuna.trial.FixedTrial(space.parameters_of(architecture))
        assert identity(space.suggest(fixed)) == identity(architecture)


def test_named_architectures_fit_the_default_space(space: SearchSpace) -> None:
    for name in architecture_names():
        fitted = space.fitted(load_architecture(name))
        assert fitted is not None, name
        assert fitted.width == space.widths[1] == 128


def test_what_is_outside_does_not_fit(space: SearchSpace) -> None:
    narrow = load_architecture("lstm").with_width(16)
    with pytest.raises(NotInSpace, match="width"):
        space.parameters_of(narrow)


def test_size_counts_settings() -> None:
    text = "width: [16, 32]\nstages: {global: [0, 1], local: [1]}\n"
    text += "global: {lstm: {layers: [1, 2]}, gru: {}}\nlocal: {cnn: {kernel: [1, 3, 5]}}\n"
    text += "fusion: {sequential: {}, skip: {}}\n"
    # two widths; three local ones alone, or after three global ones in two fusions
    assert len(_space(text)) == 2 * (3 + 3 * 3 * 2)


def _space(text: str, folder: Path | None = None) -> SearchSpace:
    import tempfile

    with tempfile.TemporaryDirectory() as made:
        path = Path(folder or made) / "own.yaml"
        path.write_text(text)
        return load_space(str(path))


def test_all_faults_come_in_one_message_with_lines() -> None:
    text = (
        "width: [32, 34]\n"
        "stages: {global: [1], local: [1]}\n"
        "global:\n"
        "  lstm: {layers: [1, 7]}\n"
        "  grru: {}\n"
        "local:\n"
        "  dcnn: {kernel: {low: 5, high: 3}}\n"
        "pool: {none: {}}\n"
    )
    with pytest.raises(SearchSpaceError) as caught:
        _space(text)
    message = str(caught.value)
    assert "line 1, width: must be a multiple of 4" in message
    assert "line 4, global.lstm.layers: must be a whole number from 1 to 3, but got 7" in message
    assert (
        "line 5, global.grru: there is no global component 'grru'; did you mean 'gru'?" in message
    )
    assert "line 7, local.dcnn.kernel: `low <= high`" in message
    assert "line 8, pool: no such field; did you mean 'pooling'?" in message


def test_malformed_yaml_names_the_line() -> None:
    with pytest.raises(SearchSpaceError, match=r"own\.yaml, line 3: malformed YAML"):
        _space("width: 32\nstages: {global: 1\nglobal: [\n")


@pytest.mark.parametrize(
    ("name", "message"),
    [("defualt", "did you mean 'default'"), ("missing.yaml", "there is no such file")],
)
def test_unknown_space(name: str, message: str) -> None:
    with pytest.raises(SearchSpaceError, match=message):
        load_space(name)

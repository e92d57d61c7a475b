from __future__ import annotations

from pathlib import Path

import optuna
import pytest
import torch

from fusionnas.errors import ArchitectureError, SearchSpaceError
from fusionnas.files.yaml_file import read_yaml, shipped, write_yaml
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import identity
from fusionnas.networks.named import architecture_names, load_architecture
from fusionnas.networks.network import build
from fusionnas.search_space.portfolio import named_or_portfolio
from fusionnas.search_space.space import NotInSpace, SearchSpace
from fusionnas.search_space.space_file import load_space
from tests.made.compounds import random_compounds, vectors

optuna.logging.set_verbosity(optuna.logging.WARNING)


@pytest.fixture(scope="module")
def space() -> SearchSpace:
    return load_space("default")


def check_samples(name: str, samples: int, width: int | None, folder: Path) -> None:
    """Random architectures build, run both ways on n = 1 to 8, and survive YAML."""
    space = load_space(name)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    seen: dict[str, dict] = {}
    for place in range(samples):
        trial = study.ask()
        try:
            architecture = space.suggest(trial)
        except ArchitectureError:
            continue  # parameters that go together in no network
        assert space.parameters_of(architecture) == trial.params
        # two settings never build the same network
        assert seen.setdefault(identity(architecture), trial.params) == trial.params
        sized = architecture if width is None else architecture.with_width(width)
        table = vectors(1) if architecture.element_vectors == "trainable" else vectors()
        network = build(sized, table, seed=0)
        value, log_scale = network(random_compounds(3, 1 + place % 8))
        (value.sum() + log_scale.sum()).backward()
        assert torch.isfinite(value).all()
        write_yaml(folder / "a.yaml", architecture.to_dict())
        again = Architecture.from_dict(read_yaml(folder / "a.yaml", ArchitectureError))
        assert again == architecture


@pytest.mark.parametrize("name", shipped("search_spaces"))
def test_samples_build_and_run(name: str, tmp_path: Path) -> None:
    check_samples(name, 60, 16, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", shipped("search_spaces"))
def test_many_samples_at_full_width(name: str, tmp_path: Path) -> None:
    check_samples(name, 2000, None, tmp_path)


def test_parameters_of_leads_back(space: SearchSpace) -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    for _ in range(50):
        architecture = space.suggest(study.ask())
        fixed = optuna.trial.FixedTrial(space.parameters_of(architecture))
        assert identity(space.suggest(fixed)) == identity(architecture)


@pytest.mark.parametrize("name", shipped("search_spaces"))
def test_first_trials_fit_their_space(name: str) -> None:
    space = load_space(name)
    words = architecture_names() if space.warm_start is None else space.warm_start
    first = [architecture for word in words for architecture in named_or_portfolio(word)]
    fitted = {architecture.name: space.fitted(architecture) for architecture in first}
    found = [name for name, architecture in fitted.items() if architecture is not None]
    assert len(found) >= 4
    assert space.warm_start is None or found == [architecture.name for architecture in first]
    assert {fitted[name].width for name in found} == {space.widths[1]}


def test_a_space_extends_another(space: SearchSpace) -> None:
    own = _space("extends: default\nwidth: 64\nwarm_start: [lstm]\n")
    assert own.widths == (64, 64)
    assert own.global_ == space.global_
    assert own.name == "own"
    assert own.warm_start == ("lstm",)
    assert own.hash != space.hash


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("extends: defualt\n", "did you mean 'default'"),
        ("extends: default\nwarm_start: [lsmt]\n", "did you mean 'lstm'"),
        ("extends: default\ndropout: [0.1, 2.0]\n", "line 2, dropout: must be a number from 0"),
        ("extends: default\nwidth: [36]\nattention: {self: {heads: 8}}\n", "8 does not divide"),
    ],
)
def test_faults_of_an_extension(text: str, message: str) -> None:
    with pytest.raises(SearchSpaceError, match=message):
        _space(text)


def test_what_is_outside_does_not_fit(space: SearchSpace) -> None:
    narrow = load_architecture("lstm").with_width(16)
    with pytest.raises(NotInSpace, match="width"):
        space.parameters_of(narrow)


def test_size_counts_settings() -> None:
    text = "width: [16, 32]\nstages: {global: [0, 1], local: [1]}\n"
    text += "global: {lstm: {layers: [1, 2]}, gru: {}}\nlocal: {cnn: {kernel: [1, 3, 5]}}\n"
    text += "fusion: {sequential: {}, skip: {}}\n"
    # two widths; three local ones alone, or after three global ones in two fusions
    assert _space(text).size == 2 * (3 + 3 * 3 * 2)


def _space(text: str, folder: Path | None = None) -> SearchSpace:
    import tempfile

    with tempfile.TemporaryDirectory() as made:
        path = Path(folder or made) / "own.yaml"
        path.write_text(text)
        return load_space(str(path))


def test_a_descriptor_is_a_choice_of_its_own() -> None:
    text = "extends: paper\ndescriptor: {none: {}, statistics: {layers: [1, 2]}}\n"
    plain, own = load_space("paper"), _space(text)
    assert own.size == 3 * plain.size
    fitted = own.fitted(load_architecture("dcnn"))
    assert fitted is not None
    assert own.parameters_of(fitted)["descriptor"] == "none"
    given = own.parameters_of(fitted)
    given |= {"descriptor": "statistics", "descriptor.statistics.layers": 1}
    architecture = own.suggest(optuna.trial.FixedTrial(given))
    assert architecture.descriptor.kind == "statistics"
    assert plain.hash == "223b410985ead8aa"  # of a space without one, as studies on disk have it


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


def test_a_span_of_more_values_than_fit_in_memory_is_refused() -> None:
    with pytest.raises(SearchSpaceError, match="line 1, width: a span has at most 10,000 values"):
        _space(f"width: {{low: 4, high: {2**42}, step: 4}}\nstages: {{global: 1, local: 0}}\n")


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

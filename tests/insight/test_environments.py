"""`fusionnas cecv` on small trained networks."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from fusionnas.cecv.clustering import cluster_blocks
from fusionnas.cecv.efm import element_features
from fusionnas.cli import app
from fusionnas.errors import BundleError, CECVError, FusionNASError, OptionError
from fusionnas.insight.environments import describe
from fusionnas.networks.network_file import read_network
from fusionnas.training.batches import Compounds
from fusionnas.training.device import pick_device
from fusionnas.workflows.train import train
from tests.made.small_data import small_dataset


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("bundles")
    for name in ("lstm", "dcnn-k1"):
        train(name, small_dataset(), folder / name, width=16, epochs=2)
    return [folder / "lstm", folder / "dcnn-k1"]


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("probe") / "probe.csv"
    data = small_dataset()
    path.write_text("\n".join(["formula", *data.table.take(data.parts.val).formulas()]))
    return str(path)


def run(*arguments: str | Path) -> tuple[int, str]:
    """Exit code and output; a user's error counts as its exit code, as in `main`."""
    result = CliRunner().invoke(app, ["cecv", *map(str, arguments)])
    if isinstance(result.exception, FusionNASError):
        return result.exception.exit_code, str(result.exception)
    return result.exit_code, result.output


@pytest.mark.parametrize("tap", ["readout_input", "last_block", "input"])
def test_vectors_are_those_of_the_weights_in_the_bundle(
    bundles: list[Path], probe: str, tap: str
) -> None:
    found = describe(bundles, probe=probe, tap=tap, rule="complete", standardise="dataset")
    compounds = Compounds(found.probe.table, pick_device())
    for folder, subject in zip(bundles, found.subjects, strict=True):
        blocks = element_features(read_network(folder), compounds, tap)
        expected = cluster_blocks(blocks, rule="complete", standardise="dataset")
        assert subject.vector.counts == expected.counts
        assert subject.vector.provenance.tap == tap
    if tap == "input":  # training changes this one hardly, so the two need not differ
        return
    assert any(s.vector.counts != s.untrained.counts for s in found.subjects)


def test_table_csv_plot_and_clusters(bundles: list[Path], probe: str, tmp_path: Path) -> None:
    code, out = run(*bundles, "--probe", probe, "--threshold", "0.3", "-o", tmp_path / "out")
    assert code == 0, out
    for words in ("  untrained", "dcnn-k1", "alone", "stay together"):
        assert words in out
    table = pd.read_csv(tmp_path / "out" / "cecv.csv")
    assert table["weights"].tolist() == ["trained", "untrained"] * 2
    counts = table.filter(like="cecv/0").to_numpy()
    assert (counts[:, :-1] >= counts[:, 1:]).all()
    assert (tmp_path / "out" / "cecv.png").stat().st_size > 10_000
    clusters = pd.read_csv(tmp_path / "out" / "clusters.csv", na_filter=False)
    of_lstm = clusters[clusters["network"] == "lstm"]
    assert of_lstm["cluster"].nunique() == table.loc[0, "cecv/0.30"]
    assert len(of_lstm) == table.loc[0, "compounds"]


def test_json(bundles: list[Path], probe: str) -> None:
    code, out = run(bundles[0], "--probe", probe, "--json")
    assert code == 0
    rows = json.loads(out)
    assert [row["weights"] for row in rows] == ["trained", "untrained"]
    assert rows[0]["probe"] == "probe.csv"


def test_without_data_the_packages_list_is_probed(bundles: list[Path]) -> None:
    found = describe(bundles[:1])
    assert found.probe.name == "the package's probe list"
    assert "may contain compounds" in found.notes[1]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"probe": "Si"}, OptionError, "add --data"),
        ({"probe_split": "train", "data": "seebeck-p"}, OptionError, "val or test"),
        ({"rule": "lead"}, CECVError, "did you mean 'leader'"),
        ({"tap": "readout"}, OptionError, "did you mean 'readout_input'"),
        ({"standardise": "with"}, CECVError, "did you mean 'within'"),
        ({"study": "nowhere"}, FusionNASError, "no study 'nowhere'"),
    ],
)
def test_bad_options(bundles: list[Path], options: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        describe(bundles[:1], **options)


def test_bad_folders_and_probes(bundles: list[Path], tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is neither a bundle"):
        describe([tmp_path])
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("formula\nNaCl\nMgO\n")
    with pytest.raises(CECVError, match="no compound of three or more elements"):
        describe(bundles[:1], probe=str(pairs))
    code, message = run(bundles[0], "--rule", "pairs", "--threshold", "0.1")
    assert code == 2
    assert "makes none" in message

"""What a band file may hold; everything else is one message that names the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fusionnas.cecv.band_file import read_band
from fusionnas.cecv.clustering import THRESHOLDS
from fusionnas.cecv.target_band import Reference, TargetBand
from fusionnas.cecv.vector import Cecv, Provenance
from fusionnas.errors import CECVError

PROVENANCE = Provenance("readout_input", "leader", "within", "Si", "abc")


def vector(
    share: float, provenance: Provenance = PROVENANCE, t: tuple[float, ...] = THRESHOLDS
) -> Cecv:
    counts = tuple(100 * share for _ in t)
    return Cecv(t, counts, {3: counts}, 100, {"degenerate": 0}, provenance)


def made(global_share: float = 0.2, local_share: float = 0.6) -> TargetBand:
    shares = {"global": global_share, "local": local_share}
    return TargetBand.of(
        [Reference(side, width, 0, vector(shares[side])) for side in shares for width in (16, 64)]
    )


def write(path: Path, plain: Any) -> Path:
    path.write_text(json.dumps(plain))
    return path


def test_a_band_knows_what_it_was_made_of(tmp_path: Path) -> None:
    band = made()
    assert band.provenance == PROVENANCE
    again = read_band(write(tmp_path / "band.json", band.to_dict()))
    assert again.provenance == PROVENANCE
    assert again.hash == band.hash
    assert again.widths == (16, 64)
    assert again.score_vector(vector(0.3), 32) == band.score(np.full(8, 0.3), 32)
    assert made(0.21).hash != band.hash


@pytest.mark.parametrize("field", ["tap", "rule", "standardise", "probe_hash"])
def test_a_vector_of_another_kind_is_refused(field: str) -> None:
    other = Provenance(**{**made().to_dict()["provenance"], field: "other"})
    with pytest.raises(CECVError, match=f"their {field} differs .* Make both with the same"):
        made().score_vector(vector(0.3, other), 32)


def test_a_vector_of_other_thresholds_is_refused() -> None:
    with pytest.raises(CECVError, match="must have the same thresholds"):
        made().score_vector(vector(0.3, t=(0.1, 0.2)), 32)


def test_the_name_of_a_probe_is_for_people() -> None:
    named = Provenance("readout_input", "leader", "within", "another name", "abc")
    assert made().score_vector(vector(0.3, named), 32).deviation > 0


def test_thresholds_where_the_curves_cross_between_the_widths_are_dropped() -> None:
    shares = {"global": {16: 0.2, 64: 0.5}, "local": {16: 0.6, 64: 0.1}}
    rows = [Reference(s, w, 0, vector(c)) for s, at in shares.items() for w, c in at.items()]
    assert not TargetBand.of(rows).kept.any()


def changed(**fields: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda plain: plain | fields


ROW = [0.2] * 8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda plain: [1, 2], r"must be an object with the fields thresholds, .* is \[1, 2\]"),
        (lambda plain: {"thresholds": [0.1]}, "it has no widths, global, local, seed_deviation"),
        (lambda plain: {k: v for k, v in plain.items() if k != "provenance"}, "has no provenance"),
        (changed(thresholds=[]), "thresholds must be positive and ascending"),
        (changed(thresholds=[0.1, 0.1]), "thresholds must be positive and ascending"),
        (changed(thresholds=[0.2, 0.1]), r"ascending numbers, but got \[0.2, 0.1\]"),
        (changed(thresholds=[0, 0.1]), "thresholds must be positive"),
        (changed(thresholds=["0.1"]), "thresholds must be positive"),
        (changed(thresholds=[0.1, float("nan")]), "thresholds must be positive"),
        (changed(thresholds=0.1), "thresholds must be positive"),
        (changed(widths=[64, 16]), "widths must be positive and ascending whole"),
        (changed(widths=[16.5, 64]), "widths must be positive and ascending whole"),
        (changed(widths=[]), "widths must be positive and ascending whole"),
        (changed(widths=[True, 64]), "widths must be positive and ascending whole"),
        (changed(**{"global": [ROW]}), r"global must have 2 rows \(widths\) of 8 finite"),
        (changed(local=[ROW, ROW[1:]]), r"local must have 2 rows \(widths\) of 8 finite"),
        (changed(local=[ROW, [*ROW[1:], float("inf")]]), "local must have 2 rows"),
        (changed(local=[ROW, [*ROW[1:], 10**400]]), "local must have 2 rows"),
        (changed(local=[ROW, [*ROW[1:], -0.1]]), "local must have 2 rows"),
        (changed(local=[ROW, [*ROW[1:], None]]), "local must have 2 rows"),
        (changed(local=[ROW, ROW]), r"touch or cross at \[0.05, "),
        (changed(seed_deviation=[float("nan")] * 8), "seed_deviation must be 8 finite numbers"),
        (changed(seed_deviation=[0.1]), "seed_deviation must be 8 finite numbers"),
        (changed(kept=[True]), "kept must be true or false for each of 8 thresholds"),
        (changed(kept=[1] * 8), "kept must be true or false for each of 8 thresholds"),
        (changed(provenance=None), "provenance must hold the texts tap, rule, standardise"),
        (changed(provenance={"tap": "input"}), "provenance must hold the texts"),
        (
            lambda plain: plain | {"provenance": plain["provenance"] | {"rule": 3}},
            "provenance must hold the texts",
        ),
        (changed(kept=[1] * 8, seed_deviation=3), "seed_deviation must be .*; kept must be"),
    ],
)
def test_what_is_not_a_band_is_one_message(
    tmp_path: Path, change: Callable[[dict[str, Any]], Any], message: str
) -> None:
    path = write(tmp_path / "mine.json", change(made().to_dict()))
    with pytest.raises(CECVError, match=message) as caught:
        read_band(path)
    words = str(caught.value)
    assert words.startswith(f"{path} is not a target band: ")
    assert words.endswith("Give the band.json of a finished study.")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"thresholds: [1]", b"[" * 100_000])
def test_a_file_that_is_not_json(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.json"
    path.write_bytes(content)
    with pytest.raises(CECVError, match=r"mine\.json must be JSON, but"):
        read_band(path)


def test_a_file_that_is_missing_or_a_folder(tmp_path: Path) -> None:
    with pytest.raises(CECVError, match=r"nowhere\.json: there is no such file\. Give the band"):
        read_band(tmp_path / "nowhere.json")
    with pytest.raises(CECVError, match="cannot be read: Is a directory"):
        read_band(tmp_path)

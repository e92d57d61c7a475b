"""A target band that the user gave; it replaces the reference networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fusionnas.cecv.band_file import read_band
from fusionnas.cecv.clustering import THRESHOLDS
from fusionnas.cecv.probe import ProbeSet
from fusionnas.cecv.target_band import TargetBand
from fusionnas.errors import CECVError
from fusionnas.searching.jobs import Job
from fusionnas.searching.references import References
from fusionnas.searching.setting import vector_provenance


class GivenBand:
    """Has the interface of `References` for a search, but nothing to train."""

    settled = True
    due = 0
    band: TargetBand

    def __init__(self, band: TargetBand, name: str, widths: Sequence[int]) -> None:
        self.band = band
        self.name = name
        self.widths = widths

    @classmethod
    def read(cls, path: str | Path, widths: Sequence[int]) -> GivenBand:
        """Read the band in a file.

        Args:
            path: a band.json.
            widths: widths of the networks that will be compared with the band.

        Raises:
            CECVError: the file is no band file, or its references differ at too few thresholds.
        """
        band = read_band(path)
        if not band.exists:
            raise CECVError(f"{path}: {band.describe()} Give the band.json of another study.")
        return cls(band, str(path), widths)

    def check_comparable(self, probe: ProbeSet) -> None:
        """Raise CECVError if the vectors that a search makes on a probe cannot be compared."""
        made = self.band.provenance
        try:
            self.band.check_comparable(vector_provenance(probe), THRESHOLDS)
        except CECVError as e:
            raise CECVError(
                f"The target band {self.name} is not for this search. {e} The band's probe is "
                f"'{made.probe}' ({made.probe_hash}), the search's '{probe.name}' ({probe.hash}). "
                "Give the --probe and the --data of the band's study, or leave --band out."
            ) from e

    @property
    def facts(self) -> dict[str, str]:
        """The facts about the band that study.yaml stores."""
        return {"name": self.name, "hash": self.band.hash}

    @property
    def opening(self) -> str:
        """The sentence about the band that a search prints before it starts."""
        return f"{self.words} No reference networks are trained."

    @property
    def words(self) -> str:
        """The band in words, for summaries."""
        words = f"The target band was given ({self.name}). {self.band.describe()}"
        low, high = self.band.widths[0], self.band.widths[-1]
        if min(self.widths) < low or max(self.widths) > high:
            words += (
                f" The widths of its references range from {low} to {high}, those of the networks "
                f"from {min(self.widths)} to {max(self.widths)}. Beyond the references' widths, "
                "the references with the nearest width are used."
            )
        return words

    def next(self) -> Job | None:
        return None

    def band_at(self, rung: int) -> TargetBand | None:
        """None: the references of a given band have no rungs."""
        return None

    def restore(self, results: Mapping[str, Mapping[str, Any]]) -> None:
        """Restore references of an earlier run; there are none."""

    def take(self, key: str, result: Mapping[str, Any]) -> None:
        raise AssertionError("a given band has no references to train")

    def stop(self) -> None:
        """Nothing is trained."""

    def yardstick(self) -> str | None:
        return None


BandSource = References | GivenBand

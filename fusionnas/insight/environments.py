"""Compares how networks group chemical environments: the CECVs of several bundles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusionnas.cecv.correlation import Standardisation, check_standardisation
from fusionnas.cecv.efm import element_features, network_cecv
from fusionnas.cecv.guidance import ThresholdGuidance, explain
from fusionnas.cecv.listing import Cluster, list_clusters
from fusionnas.cecv.probe import ProbeSet, choose_probe, read_probe, shipped_probe
from fusionnas.cecv.probe_file import read_probe_file
from fusionnas.cecv.rules import Rule, check_rule
from fusionnas.cecv.target_band import Reference, Score, TargetBand
from fusionnas.cecv.vector import Cecv
from fusionnas.data.conditions import Conditions
from fusionnas.data.reading.bad_rows import note
from fusionnas.data.sources import has_a_name, load_dataset
from fusionnas.data.table import CompositionTable
from fusionnas.errors import BundleError, OptionError, did_you_mean
from fusionnas.networks.network import TAPS, Network, Tap, build
from fusionnas.networks.network_file import read_network
from fusionnas.searching.reference_runs import ARCHITECTURES
from fusionnas.studies.folder import RUNS, StudyFolder
from fusionnas.studies.named_network import Named, open_networks
from fusionnas.studies.trained_network import TrainedNetwork
from fusionnas.training.batches import Compounds
from fusionnas.training.device import pick_device

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Subject:
    """One network on the probe."""

    name: str
    network: Network
    vector: Cecv
    untrained: Cecv  # same architecture with fresh weights
    table: CompositionTable  # of the probe, at the conditions that the network reads if any

    @property
    def width(self) -> int:
        return self.network.architecture.width


@dataclass(frozen=True, slots=True)
class Environments:
    """Networks on one probe, with the band of a study if one was named."""

    probe: ProbeSet
    subjects: tuple[Subject, ...]
    band: TargetBand | None
    tap: Tap
    rule: Rule
    standardise: Standardisation
    notes: tuple[str, ...]  # what a reader should know about the probe

    def score(self, vector: Cecv, width: int) -> Score | None:
        """The place relative to the band, or None."""
        if self.band is None or not self.band.exists:
            return None
        return self.band.score_vector(vector, width)

    def guidance(self, subject: Subject) -> list[ThresholdGuidance]:
        """The guidance at each threshold; empty without a band."""
        if self.band is None or not self.band.exists:
            return []
        return explain(subject.vector, self.band, subject.width)

    def clusters(self, subject: Subject, threshold: float) -> list[Cluster]:
        """The clusters of a network at any threshold, largest first."""
        compounds = Compounds(subject.table, next(subject.network.parameters()).device)
        blocks = element_features(subject.network, compounds, self.tap)
        return list_clusters(blocks, subject.table, threshold, self.rule, self.standardise)

    def table(self) -> pd.DataFrame:
        """One row for each vector: trained and untrained networks, then references at their widths.

        Columns: `network`, `weights` (trained, untrained or reference), `width`, `compounds`, a
            count for each threshold (`cecv/0.05` ...), `cecv_deviation`, `cecv_excess`, and how the
            vectors were made. Counts of references are means over seeds.
        """
        import pandas as pd

        rows = []
        for subject in self.subjects:
            for weights, vector in (("trained", subject.vector), ("untrained", subject.untrained)):
                score = self.score(vector, subject.width) if weights == "trained" else None
                rows.append(
                    {
                        "network": subject.name,
                        "weights": weights,
                        "width": subject.width,
                        "compounds": vector.compounds,
                    }
                    | _columns(vector.thresholds, vector.counts)
                    | {
                        "cecv_deviation": score and score.deviation,
                        "cecv_excess": score and score.excess,
                    }
                )
        if self.band is not None:
            compounds = self.subjects[0].vector.compounds
            for side, curves in (
                ("global", self.band.global_curves),
                ("local", self.band.local_curves),
            ):
                for width, curve in zip(self.band.widths, curves, strict=True):
                    rows.append(
                        {
                            "network": ARCHITECTURES[side],
                            "weights": "reference",
                            "width": width,
                            "compounds": compounds,
                        }
                        | _columns(self.band.thresholds, curve * compounds)
                    )
        frame = pd.DataFrame(rows)
        made = {
            "tap": self.tap,
            "rule": self.rule,
            "standardise": self.standardise,
            "probe": self.probe.name,
            "probe_hash": self.probe.hash,
        }
        return frame.assign(**made)


def describe(
    networks: Sequence[Named],
    *,
    data: str | Path | None = None,
    probe: str | None = None,
    probe_split: str = "val",
    rule: str = "leader",
    tap: str = "readout_input",
    standardise: str = "within",
    study: str | Path | None = None,
    runs: Path = RUNS,
    seed: int = 0,
    on_step: Callable[[str], None] = lambda text: None,
    **reading: Any,
) -> Environments:
    """Compute the vectors of networks on the same probe.

    Args:
        networks: folders of bundles, finished studies by name or path, or predictors.
        data: source of the probe, as for `load_dataset`. By default it is the data that all
            networks were trained on if they have a name, otherwise the package's own list.
        probe: see `fusionnas.cecv.probe.choose_probe`; with `study` the study's own by default.
        probe_split: val, or test.
        rule, tap, standardise: how vectors are made.
        study: study whose reference networks bound the band; they are evaluated on the same probe.
        runs: folder of all studies.
        seed: seed of the split and of `random:N`.
        on_step: called with the name of the next step.
        reading: further options of `load_dataset`.

    Raises:
        BundleError, StudyError, DataError, OptionError, CECVError: the input has a fault.
    """
    if tap not in TAPS:
        raise OptionError(f"There is no tap '{tap}'; {did_you_mean(tap, TAPS)}")
    where: Tap = tap
    how, over = check_rule(rule), check_standardisation(standardise)
    opened = open_networks(list(networks), runs)
    for one in opened:
        if one.predictor.is_ensemble:
            raise BundleError(
                f"'{one.name}' is an ensemble, and one network is needed here: name one of its "
                f"members, such as {one.path or one.name}/members/1."
            )
    folder = None if study is None else StudyFolder.find(study, runs)
    on_step("Reading the probe")
    trained_on = [one.manifest["data"] for one in opened]
    known = opened[0].predictor.conditions
    if known is not None and data is not None and not has_a_name(str(data)):
        reading["input_columns"] = known.columns_as_given
    chosen, notes = _probe(folder, data, trained_on, probe, probe_split, seed, reading)
    # by its hash it is the probe of a study whose compounds are at the same conditions
    chosen = chosen.at_baseline(known if folder is None else folder.conditions)
    notes += tuple(filter(None, map(_at, opened)))
    device = pick_device()
    vector = partial(_vector, chosen, device, (where, how, over))
    subjects = []
    for one in opened:
        on_step(f"Clustering {one.name}")
        network = one.predictor.bundle.network.to(device)
        vectors = network.vectors.detach().cpu().numpy()
        untrained = build(network.architecture, vectors, seed=0).to(device)
        table = _as_read(chosen.table, one.predictor.conditions)
        found = (vector(table, network), vector(table, untrained))
        subjects.append(Subject(one.name, network, *found, table))
    band = None
    if folder is not None:
        on_step("Clustering the reference networks")
        table = _as_read(chosen.table, folder.conditions)
        band = _band(folder, partial(vector, table), device)
    return Environments(chosen, tuple(subjects), band, where, how, over, notes)


def _vector(
    probe: ProbeSet,
    device: Any,
    how: tuple[Tap, Rule, Standardisation],
    table: CompositionTable,
    network: Network,
) -> Cecv:
    """The vector of a network that reads the probe as `table`."""
    tap, rule, standardise = how
    return network_cecv(network, probe, Compounds(table, device), tap, rule, standardise)


def _as_read(table: CompositionTable, conditions: Conditions | None) -> CompositionTable:
    """Compositions as a network reads them, all at the baseline of its conditions."""
    return replace(table, conditions=None) if conditions is None else conditions.at(table)


def _at(network: TrainedNetwork) -> str:
    """At which conditions a network reads the probe; empty for formulas alone."""
    known = network.predictor.conditions
    if known is None:
        return ""
    told = ", ".join(f"{name}={cell}" for name, cell in known.baseline.items())
    return (
        f"{network.name} reads all compounds at {told}, the medians and most frequent words of its "
        "training."
    )


def _probe(
    study: StudyFolder | None,
    data: str | Path | None,
    trained_on: Sequence[Mapping[str, Any]],
    how: str | None,
    part: str,
    seed: int,
    reading: dict[str, Any],
) -> tuple[ProbeSet, tuple[str, ...]]:
    """The probe, and notes on it; `trained_on` are the facts on data in the bundles."""
    if how is not None and how.endswith(".csv"):
        probe = read_probe(Path(how))
        return probe, (probe.note,)
    if study is not None and how is None and data is None:
        probe = read_probe_file(study.probe, study.facts["probe"]["name"])
        return probe, (f"The probe of {study.name}: {probe.name}",)
    names = {facts["name"] for facts in trained_on}
    if data is None and len(names) == 1 and has_a_name(next(iter(names))):
        (data,) = names
    if data is None and how in (None, "list"):
        probe = shipped_probe()
        return probe, (probe.note, "It may contain compounds that the networks were trained on.")
    if data is None:
        raise OptionError(
            f"The probe '{how}' is taken from a data set; add --data with the one the networks "
            "were trained on, or use --probe list or a CSV of formulas."
        )
    dataset = load_dataset(data, seed=seed, **reading)
    probe = choose_probe(dataset, how, seed, part)
    notes = [probe.note, *((note(dataset.skipped),) if dataset.skipped else ())]
    if any(facts["fingerprint"] != dataset.fingerprint for facts in trained_on):
        notes.append(
            "Not all networks were trained on this split of these data, so the probe may contain "
            "compounds that they have seen."
        )
    return probe, tuple(notes)


def _band(folder: StudyFolder, vector: Callable[[Network], Cecv], device: Any) -> TargetBand | None:
    """The band of a study's trained references on this probe, or its given band."""
    references = [
        Reference(run.side, run.width, run.seed, vector(read_network(run.path).to(device)))
        for run in folder.references()
        if run.usable
    ]
    return TargetBand.of(references) if references else folder.band()


def _columns(thresholds: Sequence[float], counts: Any) -> dict[str, float]:
    return {f"cecv/{t:.2f}": float(count) for t, count in zip(thresholds, counts, strict=True)}

"""The sentences and titles of docs/table.md and docs/table-v2.md."""

from __future__ import annotations

PAGES = {"v1": "table", "v2": "table-v2"}
TITLES = {
    "ricci_seebeck_p": "Seebeck coefficient (Ricci)",
    "bartel_formation_enthalpy": "formation enthalpy (Bartel)",
    "aflow_bandgap": "band gap (AFLOW)",
    "aflow_thermal_conductivity": "thermal conductivity (AFLOW)",
    "phonons": "phonons (Matbench)",
    "dielectric": "refractive index (Matbench)",
    "mp_energy_above_hull": "energy above the hull (MP)",
    "mp_shear_modulus": "shear modulus (MP)",
    "mp_e_form": "formation energy (Matbench)",
}

ABOUT = {
    "v1": """# A table of trained architectures, and samplers compared on it

`benchmarks/table` has {count} architectures, each trained on {sets} data sets, with the errors
and the CECV at every rung. It is a benchmark of architecture search for compositions, on which a
sampler can be judged in seconds. Its own page (`benchmarks/table/README.md`) describes its content
and its use. This page is written by `python -m benchmarks.table.page v1` from the replays of
`python -m benchmarks.table.compare`; the trainings took {hours:.1f} hours of one core of an AMD
EPYC (torch 2.13.0, no GPU, 2026-11-25).

The networks have only {spans} epochs, and the space is small: {trials} trials see
{share:.0%} of it. A [second version](table-v2.md) has more architectures and data sets.
""",
    "v2": """# Samplers compared on a part of the default space

The second version of the [table of trained architectures](table.md) has {count} architectures of
the default space: one global and one local component at most, with message passing and gated
mixers, and one table of element vectors or three. They were trained on {sets} data sets
({spans} epochs), once each, in {hours:.1f} hours of one core of an AMD EPYC
(torch 2.13.0, no GPU, 2026-11-28). `python -m benchmarks.table.page v2` writes this page from the
replays of `python -m benchmarks.table.compare v2`. {trials} trials see {share:.0%} of the space.
""",
}
SAMPLERS = """## Samplers at equal budget

Each sampler makes {trials} trials from {seeds} seeds per data set. The first twelve trials
are random, of which `adaptive` makes only the first four; the same seed begins with the same random
trials. What `adaptive` knows about changes before a replay is learned without the data set of the
replay. The numbers are means over seeds. Below them is the mean paired difference from `tpe` with
its 95% bootstrap interval. Lower is better, except for the hypervolume (of validation MAE and CECV
deviation). The sham samplers are `guided` and `adaptive` with other vectors: those of other
networks of the same width (permuted), or those of the untrained networks, with the band of
untrained references. If they do as well, the CECV of trained networks is not the cause. *Trained
again* is the test error of the recommended network from another seed, for replays whose network is
in the table twice.

Over all data sets:
"""
LIVE = """## Live searches

Real searches of the same space (`python -m benchmarks.table.live v1`) end with the same errors as
replays, or with lower ones if a training from another seed is better than the table's. The figures
are in the results (`benchmarks/results/2026-11-25-cpu-2-cores.md`).
"""

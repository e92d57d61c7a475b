"""The number of jobs at a time and the resources of each; plain arithmetic without Ray."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fusionnas.errors import OptionError

JOINED = "joined"  # an address: the Ray session that this process has already joined


@dataclass(frozen=True, slots=True)
class Node:
    """A machine that runs jobs."""

    cpus: int
    gpus: int

    def jobs(self, cpus: int, gpus: float) -> int:
        """Number of jobs that fit at a time; a share of a GPU is on one GPU."""
        by_cpus = self.cpus // cpus
        return by_cpus if not gpus else min(by_cpus, _shares(self.gpus, gpus))


@dataclass(frozen=True, slots=True)
class Workers:
    """The number of jobs at a time, and the resources of each."""

    count: int  # at the start; a cluster may grow or shrink
    cpus: int  # threads of one job
    gpus: float  # share of a GPU of one job
    address: str | None = None  # address of a running Ray cluster, or JOINED
    most: int | None = None  # maximum on a cluster of any size

    def capacity(self, nodes: Sequence[Node]) -> int:
        """Number of jobs at a time on the present nodes of a cluster."""
        fitting = sum(node.jobs(self.cpus, self.gpus) for node in nodes)
        return fitting if self.most is None else min(fitting, self.most)


def plan(
    nodes: Sequence[Node],
    count: int | None,
    gpus_per_trial: float | None,
    address: str | None,
    free: int | None = None,
) -> Workers:
    """Fill in the options that were not given: one job for each core, or for each GPU if any.

    Args:
        nodes: this machine, or those of the cluster.
        count: number of jobs at a time; on a cluster the maximum. On one machine it may exceed the
            number of cores.
        gpus_per_trial: share of a GPU for one job.
        address: address of the cluster, or JOINED; None for this machine.
        free: number of idle cores of this machine, which jobs on CPUs share; None is all cores.

    Raises:
        OptionError: no job fits on any node.
    """
    has_gpus = any(node.gpus for node in nodes)
    share = gpus_per_trial if gpus_per_trial is not None else (1.0 if has_gpus else 0.0)
    if share > 1 and share != int(share):
        raise OptionError(f"--gpus-per-trial must be at most 1 or a whole number, but got {share}.")
    fitting = sum(node.jobs(1, share) for node in nodes)
    if fitting == 0:
        places = {None: "this machine", JOINED: "the Ray session that this process has joined"}
        where = places.get(address, "the cluster")
        raise OptionError(
            f"No trial fits: {share:g} GPUs for each trial were asked for (--gpus-per-trial), but "
            f"{where} has {sum(n.cpus for n in nodes)} cores and {sum(n.gpus for n in nodes)} GPUs."
        )
    if address is not None:
        cpus = min(node.cpus // jobs for node in nodes if (jobs := node.jobs(1, share)))
        cpus = cpus if share else 1
        made = Workers(0, cpus, share, address, count)
        return Workers(made.capacity(nodes), cpus, share, address, count)
    if count is None or share:
        count = min(count or fitting, fitting)
    threads = nodes[0].cpus // count
    if free is not None and not share:
        threads = min(threads, round(free / count))
    return Workers(count, max(1, threads), share)


def _shares(gpus: int, share: float) -> int:
    """How often a share fits on whole GPUs."""
    return gpus * math.floor(1 / share + 1e-9) if share <= 1 else gpus // math.ceil(share)

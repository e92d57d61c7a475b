"""How many jobs run at a time, and what each may use: arithmetic alone, nothing here knows Ray."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fusionnas.errors import OptionError

JOINED = "joined"  # an address: the Ray session that this process has joined already


@dataclass(frozen=True, slots=True)
class Node:
    """A machine that runs jobs."""

    cpus: int
    gpus: int

    def jobs(self, cpus: int, gpus: float) -> int:
        """Jobs that fit at a time; a share of a GPU lies on one GPU."""
        by_cpus = self.cpus // cpus
        return by_cpus if not gpus else min(by_cpus, _shares(self.gpus, gpus))


@dataclass(frozen=True, slots=True)
class Workers:
    """How many jobs run at a time, and what each may use."""

    count: int  # at the start: a cluster may grow or shrink
    cpus: int  # threads of one job
    gpus: float  # share of a GPU of one job
    address: str | None = None  # of a running Ray cluster, or JOINED
    most: int | None = None  # on a cluster, however large it gets

    def capacity(self, nodes: Sequence[Node]) -> int:
        """Jobs at a time on the nodes that a cluster has now."""
        fitting = sum(node.jobs(self.cpus, self.gpus) for node in nodes)
        return fitting if self.most is None else min(fitting, self.most)


def plan(
    nodes: Sequence[Node],
    count: int | None,
    gpus_per_trial: float | None,
    address: str | None,
    free: int | None = None,
) -> Workers:
    """Fill in what was not asked for: one job a core, or one a GPU where there are any.

    Args:
        nodes: this machine, or those of the cluster.
        count: jobs at a time; on a cluster the most, on one machine also more than it has cores.
        gpus_per_trial: share of a GPU of one job.
        address: of the cluster, or JOINED; None for this machine.
        free: cores of this machine that nothing computes on now, which jobs on CPUs share; None is
            all of them.

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
            f"No trial fits: {share:g} GPUs a trial were asked for (--gpus-per-trial), and "
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

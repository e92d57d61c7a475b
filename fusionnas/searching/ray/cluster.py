"""The Ray session that runs the jobs: its resources, its start and its end."""

from __future__ import annotations

import logging
import os
import pickle
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ray

from fusionnas.errors import OptionError, RunError
from fusionnas.files.causes import cause_of
from fusionnas.openmp import free_cores
from fusionnas.searching.ray.sockets import ray_folder, short_folder
from fusionnas.searching.workers import JOINED, Node, Workers, plan

_OBJECT_STORE = 256 * 2**20  # minimum in bytes; twice the size of the shared data if that is larger
_LOOK_EVERY = 2.0  # seconds between checks of a cluster's nodes


def plan_workers(count: int | None, gpus_per_trial: float | None, address: str | None) -> Workers:
    """How many jobs this machine, or the cluster at an address, can run at a time.

    If this process has already joined a Ray session, the resources of that session count.

    Raises:
        OptionError: there is no cluster, or no job fits.
    """
    if ray.is_initialized():
        return plan(_nodes(), count, gpus_per_trial, address or JOINED)
    if address is not None:
        with _connected(address):
            return plan(_nodes(), count, gpus_per_trial, address)
    import torch

    here = Node(len(os.sched_getaffinity(0)), torch.cuda.device_count())
    return plan([here], count, gpus_per_trial, None, free_cores())


def capacity(workers: Workers) -> Callable[[], int]:
    """Number of jobs at a time: constant on one machine; on a cluster it follows the nodes."""
    if workers.address is None:
        return lambda: workers.count
    known, looked = workers.count, time.monotonic()

    def now() -> int:
        nonlocal known, looked
        if time.monotonic() - looked > _LOOK_EVERY:
            known, looked = workers.capacity(_nodes()), time.monotonic()
        return known

    return now


def _nodes() -> list[Node]:
    """The living nodes of the cluster."""
    resources = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return [Node(int(r.get("CPU", 0)), int(r.get("GPU", 0))) for r in resources]


@contextmanager
def _connected(address: str) -> Iterator[None]:
    """A connection to a running cluster; closed at the end if it was made here."""
    be_quiet()
    ours = not ray.is_initialized()
    if ours:
        try:
            _check_listening(address)
            ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL)
        except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as e:
            why = " ".join(str(e).split())[:300]
            raise OptionError(
                f"There is no usable Ray cluster at --ray-address {address} ({why}). Start one "
                "with `ray start --head` and give its address, such as 10.0.0.1:6379, or auto."
            ) from e
    try:
        yield
    finally:
        if ours:
            ray.shutdown()


def _check_listening(address: str) -> None:
    """Raise OSError at once if nothing listens at HOST:PORT; Ray would try for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.rpartition("/")[2], int(port)), timeout=5).close()


@contextmanager
def session(workers: Workers, shared: Any) -> Iterator[None]:
    """A quiet Ray session; shut down at the end if it was started here."""
    if workers.address is not None:
        with _connected(workers.address):
            yield
        return
    be_quiet()
    size = len(pickle.dumps(shared, protocol=5))
    with short_folder(ray_folder()) as folder:
        try:
            ray.init(
                # otherwise Ray would join RAY_ADDRESS, or a cluster that happens to run here
                address="local",
                num_cpus=workers.count * workers.cpus,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.CRITICAL,
                object_store_memory=max(_OBJECT_STORE, 2 * size),
                _temp_dir=folder,
            )
        except Exception as e:  # Ray raises many kinds of errors
            why = cause_of(e) if isinstance(e, OSError) else " ".join(str(e).split())[:500]
            raise RunError(f"Ray cannot be started: {why}") from e
        try:
            yield
        finally:
            ray.shutdown()


def be_quiet() -> None:
    for name in ("ray", "ray.tune"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    # the queue reports a dead worker; Ray would print ten lines about it, at any log level
    ray._private.worker._worker_logs_enabled = False

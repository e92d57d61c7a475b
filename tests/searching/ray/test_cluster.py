"""A real Ray cluster of three nodes on this machine."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fusionnas.errors import OptionError
from fusionnas.searching.jobs import Job, Result, Work
from fusionnas.searching.ray.cluster import plan_workers
from fusionnas.searching.ray.tune import run_jobs
from fusionnas.searching.workers import Workers
from tests.searching.ray.test_tune import Recording, make_jobs

pytestmark = pytest.mark.guards


class Shared:
    """What all jobs share; writes down each time that it is pickled and unpickled."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __getstate__(self) -> dict[str, Any]:
        self._note("pickled")
        return self.__dict__

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._note("unpickled")

    def _note(self, what: str) -> None:
        with open(Path(self.folder) / what, "a") as file:
            file.write(f"{os.getpid()}\n")

    def noted(self, what: str) -> list[str]:
        return (Path(self.folder) / what).read_text().split()


def make_work(shared: Shared) -> Work:
    """Jobs that sleep a second and say where they ran."""

    def work(job: Job) -> Iterator[Result]:
        import ray

        node = ray.get_runtime_context().get_node_id()
        begun = time.time()
        yield {"state": "running", "node": node}
        time.sleep(1.0)
        yield {"state": "done", "node": node, "begun": begun, "ended": time.time()}

    return work


class KillingNodes(Recording):
    """Kills a node once jobs run on it."""

    def __init__(self, jobs: list[Job], cluster: Any, node: Any) -> None:
        super().__init__(jobs)
        self.cluster, self.node = cluster, node

    def report(self, job: Job, progress: Result) -> None:
        super().report(job, progress)
        if self.node is not None and progress["node"] == self.node.node_id and len(self.heard) > 3:
            self.cluster.remove_node(self.node, allow_graceful=False)
            self.node = None


@pytest.fixture
def cluster() -> Iterator[Any]:
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    yield made
    made.shutdown()


def test_jobs_on_all_nodes_and_the_loss_of_one(tmp_path: Path, cluster: Any) -> None:
    nodes = [cluster.add_node(num_cpus=2) for _ in range(2)]
    cluster.wait_for_nodes()
    workers = plan_workers(None, None, cluster.address)
    assert workers == Workers(4, 1, 0.0, cluster.address)
    queue = KillingNodes(make_jobs(16), cluster, nodes[1])
    shared = Shared(str(tmp_path))
    assert run_jobs(queue, make_work, shared, workers)
    results = [json.loads(json.dumps(result)) for result in queue.results.values()]
    assert {r["state"] for r in results} == {"done"}
    assert len(results) == 16
    assert {r["node"] for r in results} == {node.node_id for node in nodes}
    lost = [key for key, state in queue.heard if state == "lost"]
    assert 1 <= len(lost) <= 2  # those on the killed node alone
    # through the object store: pickled once, unpickled once a worker
    assert len(shared.noted("pickled")) == 1
    unpickled = [pid for pid in shared.noted("unpickled") if pid != str(os.getpid())]
    assert len(unpickled) == len(set(unpickled)) <= 6


def test_an_address_without_a_cluster() -> None:
    with pytest.raises(OptionError, match="no usable Ray cluster"):
        plan_workers(None, None, "127.0.0.1:9")

"""How the threads of a training should wait for each other, on an idle and on a busy machine.

`python benchmarks/speed/threads.py [--networks lstm:128 ldcnn:128] [--spins 300000 10000 0]`

Each setting is a process of its own that trains the same network on the built-in data for windows
of some seconds, in turn with all others. A setting is a number of threads and how long OpenMP lets
a thread spin before it sleeps (GOMP_SPINCOUNT; 300000 is what libgomp does by itself, 0 is passive
waiting). `idle`: nothing else runs. `busy`: beside as many processes that count as there are cores,
at the default niceness. `busy, nice`: the same, the training at the niceness that Ray gives its
workers. What other programs use during a window is measured: a window in which they used
more than `--others` of a core is thrown away and repeated, so that the script may run on a shared
machine and waits there until it is quiet.

Figures are medians of the windows, in steps of 128 compounds a second. The last column is the worst
of the states, each as a share of the best setting there.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from multiprocessing.connection import Connection
from statistics import median

import psutil

RAY_NICENESS = 15  # Ray's default for its workers
STATES = {"idle": (False, 0), "busy": (True, 0), "busy, nice": (True, RAY_NICENESS)}
STEPS = 4  # an epoch: short, so that a window ends soon after its time where steps take long
BATCH = 128


@dataclass(frozen=True, slots=True)
class Setting:
    threads: int
    spins: int

    @property
    def environment(self) -> dict[str, str]:
        return {"OMP_NUM_THREADS": str(self.threads), "GOMP_SPINCOUNT": str(self.spins)}

    def __str__(self) -> str:
        spins = f", {self.spins:,} spins" if self.threads > 1 else ""
        return f"{self.threads} thread{'s' * (self.threads > 1)}{spins}"


class Training:
    """A training in a process of its own that goes on for a window when it is asked to."""

    def __init__(self, network: str, setting: Setting, niceness: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.ours, theirs = context.Pipe()
        with _environment(setting.environment):
            self.process = context.Process(
                target=train_on_request, args=(network, niceness, theirs), daemon=True
            )
            self.process.start()
        self.ours.recv()  # it is ready

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def window(self, seconds: float) -> float:
        """Steps a second."""
        self.ours.send(seconds)
        return float(self.ours.recv())


def train_on_request(network: str, niceness: int, parent: Connection) -> None:
    """Train for as many seconds as the parent says, again and again."""
    os.nice(niceness)
    import numpy as np
    import torch

    from fusionnas.data.element_vectors import element_vectors
    from fusionnas.data.sources import load_dataset
    from fusionnas.data.splits import Parts
    from fusionnas.networks.named import load_architecture
    from fusionnas.networks.network import build
    from fusionnas.training.data import TrainingData
    from fusionnas.training.recipe_file import load_recipe
    from fusionnas.training.trainer import Trainer

    name, _, width = network.partition(":")
    whole = load_dataset(None)
    rows = np.random.default_rng(0).permutation(whole.parts.train)[: STEPS * BATCH]
    parts = Parts(rows, whole.parts.val[:16], whole.parts.test)
    data = TrainingData.of(replace(whole, parts=parts), torch.device("cpu"))
    recipe = replace(load_recipe("default", 10**6), patience=10**6)
    built = build(load_architecture(name).with_width(int(width)), element_vectors(), 0)
    epochs = iter(Trainer(built, data, recipe, 0))
    next(epochs)
    parent.send(None)
    while True:
        seconds = parent.recv()
        begun, done = time.perf_counter(), 0
        while time.perf_counter() - begun < seconds:
            next(epochs)
            done += STEPS
        parent.send(done / (time.perf_counter() - begun))


class Others:
    """What programs that are not ours compute; ours are this process and all that it started."""

    def __init__(self, ours: list[int]) -> None:
        self.ours = [psutil.Process(pid) for pid in ours]
        self.begun, self.before = time.perf_counter(), self._seconds()

    def cores(self) -> float:
        """How many cores they used on average since the beginning."""
        return (self._seconds() - self.before) / (time.perf_counter() - self.begun)

    def _seconds(self) -> float:
        """Of the processors, since the machine was started."""
        times = psutil.cpu_times()
        own = (process.cpu_times() for process in self.ours)
        return (
            times.user
            + times.system
            + times.irq
            + times.softirq
            + times.nice
            - sum(one.user + one.system for one in own)
        )


@contextmanager
def _burners(count: int) -> Iterator[list[int]]:
    """Processes that use a core each."""
    started = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield [process.pid for process in started]
    finally:
        for process in started:
            process.kill()
            process.wait()


@contextmanager
def _environment(given: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(given)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def measure(network: str, settings: list[Setting], options: argparse.Namespace) -> None:
    """Print a table of one network."""
    cores = len(os.sched_getaffinity(0))
    trainings = {
        (setting, niceness): Training(network, setting, niceness)
        for setting, niceness in product(settings, {STATES[state][1] for state in options.states})
    }
    ours = [os.getpid(), *(training.pid for training in trainings.values())]
    found: dict[tuple[Setting, str], list[float]] = defaultdict(list)
    disturbance, until = [], time.monotonic() + options.wait
    left = list(product(range(options.windows), options.states, settings))
    while left and time.monotonic() < until:
        _, state, setting = left[0]
        busy, niceness = STATES[state]
        quiet = Others(ours)
        time.sleep(1.0)
        if quiet.cores() > options.others:
            continue
        with _burners(cores if busy else 0) as burners:
            others = Others(ours + burners)
            rate = trainings[setting, niceness].window(options.seconds)
            share = others.cores()
        if share > options.others:
            time.sleep(options.seconds)
            continue
        del left[0]
        found[setting, state].append(rate)
        disturbance.append(share)
    for training in trainings.values():
        training.process.kill()
    print("\n".join(table(network, settings, options.states, found)))
    if disturbance:
        load = f"{median(disturbance):.2f} (at most {max(disturbance):.2f})"
        print(f"\nOther programs used {load} of {cores} cores.", flush=True)


def table(
    network: str,
    settings: list[Setting],
    states: list[str],
    found: dict[tuple[Setting, str], list[float]],
) -> Iterator[str]:
    """Medians as Markdown; a state without any window has no figure."""
    rates = {key: median(windows) for key, windows in found.items()}
    best = {
        state: max((rates[s, state] for s in settings if (s, state) in rates), default=0.0)
        for state in states
    }
    yield f"\n| {network} | {' | '.join(states)} | worst share of the best |"
    yield "|---|" + "---:|" * (len(states) + 1)
    for setting in settings:
        known = [state for state in states if (setting, state) in rates]
        cells = [f"{rates[setting, s]:.1f}" if s in known else "" for s in states]
        worst = min((rates[setting, s] / best[s] for s in known), default=float("nan"))
        yield f"| {setting} | {' | '.join(cells)} | {worst:.0%} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--networks", nargs="+", default=["lstm:128", "ldcnn:128"])
    parser.add_argument("--spins", nargs="+", type=int, default=[300_000, 10_000, 1_000, 0])
    parser.add_argument("--states", nargs="+", default=list(STATES), choices=STATES)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seconds", type=float, default=5.0, help="of a window")
    parser.add_argument("--windows", type=int, default=5, help="of each setting and state")
    parser.add_argument("--others", type=float, default=0.1, help="cores that others may use")
    parser.add_argument("--wait", type=float, default=3600.0, help="seconds for a network at most")
    options = parser.parse_args()
    settings = [Setting(options.threads, spins) for spins in options.spins]
    settings.append(Setting(1, 0))
    for network in options.networks:
        measure(network, settings, options)


if __name__ == "__main__":
    main()

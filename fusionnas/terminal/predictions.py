"""What a person sees of predictions: lines for formulas, progress for a CSV.

Progress is on standard error: a live bar in a terminal, and elsewhere a line now and then.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from fusionnas.terminal.console import plain_console

if TYPE_CHECKING:
    import pandas as pd

    from fusionnas.models.csv_prediction import Outcome

EVERY = 15.0  # seconds between plain lines
KNOWN = ("known", "known_from")
UNCORRECTED = (
    "The intervals are the network's own, not corrected: the bundle holds no calibration. Its test "
    "part was too small or missing, its study kept no data, or an earlier version wrote it."
)


def print_predictions(frame: pd.DataFrame, interval: float, targets: Sequence[str] = ()) -> None:
    """A line a formula: value, interval, what is known, and what speaks against trusting them.

    Several `targets` have a line each.

    Formulas without a prediction, whose `error` says why, come after the others on standard error.
    """
    predicted = frame[frame["error"] == ""]
    longest = max((len(formula) for formula in predicted["formula"]), default=0)
    if predicted.empty:
        print("No formula fulfils the condition.", file=sys.stderr)
    for row in predicted.to_dict("records"):
        if targets:
            print("\n".join(_of_targets(row, interval, targets, longest)))
            continue
        unit = f" {row['unit']}" if row["unit"] else ""
        if "class" in row:
            line = f"{row['formula']:<{longest}}  {row['class']}  with {row['probability']:.1%}"
            print("  ".join([line, *_set(row, interval), *_known(row, unit), *_doubts(row)]))
            continue
        line = f"{row['formula']:<{longest}}  {_value(row, interval)}"
        print("  ".join([line, *_chances(row), *_known(row, unit), *_doubts(row)]))
    for message in frame.loc[frame["error"] != "", "error"]:
        print(f"not predicted: {message}", file=sys.stderr)


def _value(row: Mapping[Any, Any], interval: float, of: str = "") -> str:
    """Value and interval; `of` is the end of the names of its columns."""
    value, lower, upper = (row[f"{name}{of}"] for name in ("value", "lower", "upper"))
    unit = f" {row[f'unit{of}']}" if row[f"unit{of}"] else ""
    return f"{value:10.4g}{unit}  ({lower:.4g} to {upper:.4g} with {100 * interval:g}%)"


def _of_targets(
    row: Mapping[Any, Any], interval: float, targets: Sequence[str], longest: int
) -> Iterator[str]:
    """A line a target; the first has the formula, the last what speaks against trusting them."""
    wide = max(map(len, targets))
    for place, name in enumerate(targets):
        formula = "" if place else row["formula"]
        line = f"{formula:<{longest}}  {name:<{wide}}  {_value(row, interval, f'_{name}')}"
        last, end = place == len(targets) - 1, f"_{name}"
        known = _known(row, f" {row[f'unit{end}']}".rstrip(), end)
        yield "  ".join([line, *known, *(_doubts(row) if last else ())])


def plain_predictions(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as plain data, numbers to the seven digits that float32 has.

    A formula without a prediction has its `error` alone, and what is not known is left out.
    """
    # of several targets each has columns of its own, such as known_gap
    ends = [str(c).removeprefix(KNOWN[1]) for c in frame if str(c).startswith(KNOWN[1])]
    plain = []
    for row in frame.to_dict("records"):
        unknown = [f"{name}{end}" for end in ends if not row[f"{KNOWN[1]}{end}"] for name in KNOWN]
        kept = {key: value for key, value in row.items() if key not in ("error", *unknown)}
        told = {"formula": row["formula"], "error": row["error"]} if row["error"] else kept
        plain.append(
            {
                str(key): float(f"{value:.7g}") if isinstance(value, float) else value
                for key, value in told.items()
            }
        )
    return plain


def _chances(row: Mapping[Any, Any]) -> Iterator[str]:
    if "probability" in row:
        yield f"wanted with {row['probability']:.0%}"


def _set(row: Mapping[Any, Any], interval: float) -> Iterator[str]:
    if row.get("set"):
        yield f"({row['set']} with {100 * interval:g}%)"


def _known(row: Mapping[Any, Any], unit: str, of: str = "") -> Iterator[str]:
    """The known value; `of` is the end of the names of its columns."""
    if source := row.get(f"known_from{of}"):
        known = row[f"known{of}"]
        told = known if isinstance(known, str) else f"{known:.4g}{unit}"
        yield f"known: {told} ({source})"


def _doubts(row: Mapping[Any, Any]) -> Iterator[str]:
    if row["unseen_elements"]:
        yield f"never seen in training: {row['unseen_elements']}"
    if row.get("unseen_conditions"):
        yield f"outside the training data: {row['unseen_conditions']}"
    if "composition" in str(row["far_in"]) if "far_in" in row else row.get("far"):
        near = row["nearest_training"]
        at = f"{near} is nearest, at {row['distance']:.2f}" if near else "no element in common"
        yield f"far from the training data: {at}"


@contextmanager
def csv_progress(quiet: bool) -> Iterator[Callable[[Outcome], None]]:
    """Shows how far a CSV is; call the result after each chunk."""
    console = plain_console(stderr=True, quiet=quiet)
    begun = last = time.monotonic()

    def words(done: Outcome) -> str:
        return f"{done.rows:,} rows, {done.rows / max(time.monotonic() - begun, 1e-9):,.0f}/s"

    if not console.is_terminal:

        def say(done: Outcome) -> None:
            nonlocal last
            if time.monotonic() - last > EVERY:
                last = time.monotonic()
                share = "" if done.share is None else f", {done.share:.0%} of the file"
                console.print(words(done) + share, soft_wrap=True)

        yield (lambda done: None) if quiet else say
        return
    with Progress(
        TextColumn("predicting"),
        BarColumn(bar_width=28),
        TaskProgressColumn(),
        TextColumn("{task.fields[words]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as progress:
        task = progress.add_task("", total=None, words="")

        def show(done: Outcome) -> None:
            total = None if done.share is None else 1.0
            progress.update(task, total=total, completed=done.share or 0.0, words=words(done))

        yield show


def print_outcome(done: Outcome, out: str, seconds: float) -> None:
    """The end of a CSV, on standard error: the result may be on standard output."""
    for problem in done.problems:
        print(problem, file=sys.stderr)
    if done.failed > len(done.problems):
        print(f"... and {done.failed - len(done.problems):,} more", file=sys.stderr)
    where = "" if out == "-" else f" to {out}"
    some = f" of {done.rows:,}" if done.written < done.rows else ""
    parts = [f"{done.written:,}{some} rows written{where} in {seconds:.1f} s"]
    parts += [f"{done.failed:,} could not be read"] if done.failed else []
    parts += [f"{done.far:,} are far from the training data"] if done.far else []
    print(", ".join(parts), file=sys.stderr if out == "-" else sys.stdout)

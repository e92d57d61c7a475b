"""`fusionnas train`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusionnas.cli.options import (
    DataOption,
    EpochsOption,
    ErrorColumn,
    FormulaColumn,
    InputColumns,
    JsonOption,
    MergeOption,
    PrecisionOption,
    QuietOption,
    RecipeOption,
    SeedOption,
    SkipOption,
    SplitOption,
    TargetColumns,
    TaskOption,
    UnitOption,
    WeightColumn,
)

if TYPE_CHECKING:
    from fusionnas.data.dataset import TargetColumn

_FINE = "Fine-tuning"


def train(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the bundle.")],
    architecture: Annotated[
        str | None,
        typer.Argument(help="A named architecture or a YAML file; none with --init-from."),
    ] = None,
    data: DataOption = None,
    width: Annotated[int | None, typer.Option(help="Channels, instead of its own.")] = None,
    epochs: EpochsOption = None,
    recipe: RecipeOption = "default",
    precision: PrecisionOption = None,
    seed: SeedOption = 0,
    init_from: Annotated[
        Path | None,
        typer.Option(
            help="A bundle or a study whose network is trained further, on other data.",
            rich_help_panel=_FINE,
        ),
    ] = None,
    freeze: Annotated[
        str | None,
        typer.Option(
            help="Parts that stay as they are: embedding, global, local, fusion, readout, "
            "separated by commas.",
            rich_help_panel=_FINE,
        ),
    ] = None,
    layer_rates: Annotated[
        str | None,
        typer.Option(
            help="Factors of the learning rate by part, such as all=0.1,readout=1.",
            rich_help_panel=_FINE,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a training that was stopped.")
    ] = False,
    alone: Annotated[
        bool,
        typer.Option(
            "--alone",
            help="Train each of several targets alone as well, into OUTPUT-alone, and tell which "
            "of them gained by being trained together.",
        ),
    ] = False,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1 ...")] = None,
    formula_column: FormulaColumn = None,
    target_column: TargetColumns = None,
    input_columns: InputColumns = None,
    unit: UnitOption = None,
    task: TaskOption = None,
    split: SplitOption = "random",
    merge: MergeOption = "median",
    weight_column: WeightColumn = None,
    error_column: ErrorColumn = None,
    skip_bad_rows: SkipOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Train one architecture and write it as a bundle that predicts.

    A training that was stopped lies in OUTPUT.training; the same command with --resume goes on with
    it. With --init-from a trained network is fitted to another table. With several target columns
    one network learns all of them.
    """
    from fusionnas.data.sources import load_dataset
    from fusionnas.models.card_words import kept_words, known_words
    from fusionnas.models.class_words import scores_in_words
    from fusionnas.tasks.kinds import task_of
    from fusionnas.terminal.console import plain_console, say
    from fusionnas.terminal.output import print_json
    from fusionnas.training.unfinished import folder_of
    from fusionnas.workflows.train import train as run

    dataset = load_dataset(
        data,
        formula_column=formula_column,
        target_column=target_column,
        unit=unit,
        split=split,
        merge=merge,
        seed=seed,
        skip_bad_rows=skip_bad_rows,
        task=task,
        input_columns=input_columns,
        weight_column=weight_column,
        error_column=error_column,
    )
    kind = task_of(dataset)
    error = kind.error.label
    console = plain_console(stderr=True, quiet=quiet)
    for note in (*dataset.noise_words(), *dataset.notes):
        say(console, note)
    if kind.weighs(kind.scaler(dataset)):
        both = "both" if len(dataset.classes) == 2 else "all"
        console.print(f"the classes are unequal: {both} have the same weight in the loss")

    def show(record: Any) -> None:
        line = f"epoch {record.epoch}: validation {error} {record.val_error:.4g} {dataset.unit}"
        console.print(f"{line.rstrip()} ({record.seconds:.1f} s)", soft_wrap=True)

    try:
        metrics = run(
            architecture,
            dataset,
            output,
            width=width,
            epochs=epochs,
            recipe=recipe,
            precision=precision,
            seed=seed,
            device=device,
            init_from=init_from,
            freeze=freeze,
            layer_rates=layer_rates,
            resume=resume,
            alone=alone,
            on_epoch=show,
            on_note=lambda note: say(console, note),
        )
    except KeyboardInterrupt:
        if alone or folder_of(output).is_dir():
            print("The same command with --resume goes on with the training.", file=sys.stderr)
        raise
    if as_json:
        print_json(metrics)
        return
    if dataset.several:
        _print_targets(metrics, dataset.several)
        _print_end(metrics, output)
        for words in metrics.get("alone", ()):
            print(words)
        return
    if dataset.classes:
        for part, name in (("val", "validation"), ("test", "test")):
            told = ", ".join(
                f"{label} {value}" for label, value in scores_in_words(kind, metrics, part)
            )
            print(f"{name:<16}{told}")
        if (key := kind.error.key("start")) in metrics:
            print(f"                {error} {metrics[key]:.4g} before the first epoch (validation)")
        print(f"weights         {kept_words(metrics)}")
        for sentence in known_words(metrics.get("known", {})):
            print(f"                {sentence}")
        _print_end(metrics, output)
        return
    unit = dataset.unit
    print(f"validation MAE  {metrics['val_mae']:.4g} {unit} ({kept_words(metrics)})")
    if "start_mae" in metrics:
        print(f"                {metrics['start_mae']:.4g} {unit} before the first epoch")
    print(f"test MAE        {metrics['test_mae']:.4g} {unit}")
    if "test_weighted_mae" in metrics:
        print(f"                {metrics['test_weighted_mae']:.4g} {unit}, weighted like the rows")
    for sentence in known_words(metrics.get("known", {})):
        print(f"                {sentence}")
    _print_end(metrics, output)


def _print_targets(metrics: Mapping[str, Any], targets: Sequence[TargetColumn]) -> None:
    """The errors of each target, and their mean over the errors of the medians."""
    from fusionnas.models.card_words import kept_words
    from fusionnas.tasks.multi_target import MEANING

    print(MEANING)
    for part, name in (("val", "validation"), ("test", "test")):
        told = ", ".join(
            f"{one.name} {metrics[f'{part}_mae/{one.name}']:.4g} {one.unit}".rstrip()
            for one in targets
        )
        print(f"{name:<16}{metrics[f'{part}_relative_mae']:.4g} (MAE: {told})")
    print(f"weights         {kept_words(metrics)}")


def _print_end(metrics: Mapping[str, Any], output: Path) -> None:
    """What the end of every training says."""
    from fusionnas.terminal.console import plain_console, print_usefulness

    print(f"skill           {metrics['skill']:.3f}" + "  collapsed!" * metrics["collapsed"])
    print(f"parameters      {metrics['parameters']:,}")
    print(f"bundle          {output}")
    print_usefulness(plain_console(), metrics["usefulness"])

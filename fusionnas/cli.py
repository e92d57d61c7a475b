"""The command line: parse, call, print; nothing else.

Everything heavy is imported inside the commands, so that `fusionnas --help` answers at once.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

import fusionnas
from fusionnas.errors import FusionNASError, OptionError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Find the neural network that predicts a materials property best from formulas alone.\n\n"
    "`fusionnas search --space default` runs a whole search on built-in data within minutes.",
)

DataOption = Annotated[
    str | None,
    typer.Option(help="Built-in name, CSV, folder with train/val/test.csv, or matbench:TASK."),
]
FormulaColumn = Annotated[str | None, typer.Option(help="Column of the formulas in a CSV.")]
TargetColumn = Annotated[str | None, typer.Option(help="Column of the target in a CSV.")]
UnitOption = Annotated[str | None, typer.Option(help="Unit of the target, for tables and plots.")]
SplitOption = Annotated[
    str, typer.Option(help="random, chemical-system, leave-out:ELEMENT or folds:K:I.")
]
MergeOption = Annotated[
    str, typer.Option(help="Several rows of one composition: median, mean, min, first or error.")
]
SeedOption = Annotated[int, typer.Option(help="Master seed: split, weights, order, proposals.")]
EpochsOption = Annotated[
    int | None, typer.Option(help="Epochs (default recipe: 8, more for small data).")
]
RecipeOption = Annotated[str, typer.Option(help="Training recipe: default or paper.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]


def _version(asked: bool) -> None:
    if asked:
        print(f"fusionnas {fusionnas.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[bool, typer.Option(help="Show tracebacks of errors.")] = False,
) -> None: ...


@app.command()
def search(
    space: Annotated[
        str, typer.Option(help="Search space: a name or a YAML file.", show_default=True)
    ] = "default",
    data: DataOption = None,
    trials: Annotated[
        int | None, typer.Option(help="Architectures to evaluate in all (default 24).")
    ] = None,
    time_budget: Annotated[
        str | None, typer.Option(help="Stop proposing after this time: 90s, 30m, 2h.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the study; its folder in runs.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on with a study that was stopped.")] = False,
    seed: SeedOption = 0,
    sampler: Annotated[
        str, typer.Option(help="tpe (follows MAE), motpe (MAE and CECV), nsga2, nsga3 or random.")
    ] = "tpe",
    epochs: EpochsOption = None,
    recipe: RecipeOption = "default",
    probe: Annotated[
        str | None,
        typer.Option(help="Compounds for the CECV: elements (Si,Ge), random:N, all, list, a CSV."),
    ] = None,
    band: Annotated[
        str,
        typer.Option(
            help="Target band: reference (networks are trained for it), or a band.json, such as "
            "another study's."
        ),
    ] = "reference",
    workers: Annotated[int | None, typer.Option(help="Trainings at a time.")] = None,
    gpus_per_trial: Annotated[float | None, typer.Option(help="Share of a GPU a trial.")] = None,
    ray_address: Annotated[str | None, typer.Option(help="A running Ray cluster.")] = None,
    tracking_uri: Annotated[
        str | None, typer.Option(help="MLflow server or database (default runs/mlflow.db).")
    ] = None,
    keep_weights: Annotated[str, typer.Option(help="Whose weights to keep: all or front.")] = "all",
    formula_column: FormulaColumn = None,
    target_column: TargetColumn = None,
    unit: UnitOption = None,
    split: SplitOption = "random",
    merge: MergeOption = "median",
    runs: Annotated[Path, typer.Option(help="Folder of all studies.")] = Path("runs"),
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Search for the best network: train candidates in parallel, guided by MAE and CECV.

    Without --data it searches on built-in data, the p-type Seebeck coefficients of 34,546
    compositions. Ctrl-C stops it cleanly; --resume goes on.
    """
    seconds = _seconds(time_budget) if time_budget is not None else None
    from rich.console import Console

    from fusionnas.console import ConsoleDisplay, print_summary
    from fusionnas.experiment import search as run

    result = run(
        space, data, trials=trials, time_budget=seconds, name=name, resume=resume, seed=seed,
        sampler=sampler, epochs=epochs, recipe=recipe, probe=probe, band=band, workers=workers,
        gpus_per_trial=gpus_per_trial, ray_address=ray_address, tracking_uri=tracking_uri,
        keep_weights=keep_weights, formula_column=formula_column, target_column=target_column,
        unit=unit, split=split, merge=merge, runs=runs, display=ConsoleDisplay(quiet),
    )  # fmt: skip
    if as_json:
        print(json.dumps(result.summary, indent=2, ensure_ascii=False))
    else:
        print_summary(Console(highlight=False), result.summary, str(result.folder.path))
    if result.interrupted:
        print(f"\nStopped early. Go on: add --name {result.folder.name} --resume", file=sys.stderr)
        raise typer.Exit(130)


@app.command()
def rescore(
    study: Annotated[str, typer.Argument(help="A finished study by name or path.")],
    band: Annotated[Path, typer.Option(help="A band.json, such as another study's.")],
    name: Annotated[
        str | None, typer.Option(help="Name of the copy (default: STUDY-rescored).")
    ] = None,
    runs: Annotated[Path, typer.Option(help="Folder of all studies.")] = Path("runs"),
    as_json: JsonOption = False,
) -> None:
    """Copy a finished study with the deviations from another target band; nothing is trained.

    Deviation, excess, guidance and the Pareto front are computed again from the stored vectors;
    errors stay as they are, and the study itself is not touched. The band's probe must be the
    study's: `fusionnas rescore mine --band runs/other/band.json`.
    """
    from rich.console import Console

    from fusionnas.console import print_summary
    from fusionnas.rescore import rescore as run

    result = run(study, band, name, runs)
    if as_json:
        print(json.dumps(result.summary, indent=2, ensure_ascii=False))
    else:
        print_summary(Console(highlight=False), result.summary, str(result.folder.path))


@app.command()
def train(
    architecture: Annotated[str, typer.Argument(help="A named architecture or a YAML file.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the bundle.")],
    data: DataOption = None,
    width: Annotated[int | None, typer.Option(help="Channels, instead of its own.")] = None,
    epochs: EpochsOption = None,
    recipe: RecipeOption = "default",
    seed: SeedOption = 0,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1 ...")] = None,
    formula_column: FormulaColumn = None,
    target_column: TargetColumn = None,
    unit: UnitOption = None,
    split: SplitOption = "random",
    merge: MergeOption = "median",
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Train one architecture and write it as a bundle that predicts."""
    from fusionnas.data.sources import load_dataset
    from fusionnas.train import train as run

    dataset = load_dataset(
        data, formula_column=formula_column, target_column=target_column, unit=unit, split=split,
        merge=merge, seed=seed,
    )  # fmt: skip
    if not quiet:
        for note in (dataset.noise.describe(dataset.unit), *dataset.notes):
            print(note, file=sys.stderr)

    def show(record: Any) -> None:
        if not quiet:
            line = f"epoch {record.epoch}: validation MAE {record.val_mae:.4g} {dataset.unit}"
            print(f"{line} ({record.seconds:.1f} s)", file=sys.stderr)

    metrics = run(
        architecture, dataset, output, width=width, epochs=epochs, recipe=recipe, seed=seed,
        device=device, on_epoch=show,
    )  # fmt: skip
    if as_json:
        print(json.dumps(metrics, indent=2))
        return
    print(
        f"validation MAE  {metrics['val_mae']:.4g} {dataset.unit} (epoch {metrics['best_epoch']})"
    )
    print(f"test MAE        {metrics['test_mae']:.4g} {dataset.unit}")
    print(f"skill           {metrics['skill']:.3f}" + "  collapsed!" * metrics["collapsed"])
    print(f"parameters      {metrics['parameters']:,}")
    print(f"bundle          {output}")


@app.command()
def export(
    study: Annotated[str, typer.Argument(help="A study by name or path.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the bundle.")],
    trial: Annotated[str, typer.Option(help="best, or the number of a trial.")] = "best",
    runs: Annotated[Path, typer.Option(help="Folder of all studies.")] = Path("runs"),
) -> None:
    """Write a network of a study as a bundle: a folder that predicts by itself."""
    from fusionnas.export import export as run

    print(f"bundle  {run(study, output, trial, runs)}")


@app.command()
def predict(
    bundle: Annotated[Path, typer.Argument(help="A bundle's folder.")],
    formulas: Annotated[list[str] | None, typer.Argument(help="Formulas to predict.")] = None,
    csv: Annotated[Path | None, typer.Option(help="A CSV of formulas instead.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="CSV to write; all columns are kept.")
    ] = None,
    formula_column: FormulaColumn = None,
    as_json: JsonOption = False,
) -> None:
    """Predict the property of new formulas, with uncertainty."""
    if bool(formulas) == (csv is not None):
        raise OptionError("Give either formulas or --csv FILE to predict.")
    if csv is not None and output is None:
        raise OptionError("--csv needs -o FILE for the predictions.")
    if csv is None and output is not None:
        raise OptionError("-o is for --csv; predictions of formulas are printed.")
    from fusionnas.predict import Predictor, predict_csv

    predictor = Predictor.load(bundle)
    if csv is not None and output is not None:
        rows, problems = predict_csv(predictor, csv, output, formula_column)
        for problem in problems:
            print(problem, file=sys.stderr)
        failed = f", {len(problems)} could not be read" if problems else ""
        print(f"{rows} rows written to {output}{failed}")
        return
    frame = predictor.predict(formulas or [])
    if as_json:
        print(frame.to_json(orient="records", indent=2, force_ascii=False))
        return
    longest = max(len(formula) for formula in frame["formula"])
    for row in frame.itertuples():
        print(f"{row.formula:<{longest}}  {_prediction(row)}")


@app.command()
def cecv(
    bundles: Annotated[list[Path], typer.Argument(help="Folders of bundles.")],
    study: Annotated[
        str | None, typer.Option(help="Whose references and band to show, on the same probe.")
    ] = None,
    data: DataOption = None,
    probe: Annotated[
        str | None,
        typer.Option(help="Elements (Si,Ge), random:N, all, list, a CSV; the study's by default."),
    ] = None,
    probe_split: Annotated[
        str, typer.Option(help="Part of the data that is probed: val or test.")
    ] = "val",
    rule: Annotated[str, typer.Option(help="leader, paper, complete or pairs.")] = "leader",
    tap: Annotated[
        str, typer.Option(help="Where features are read: readout_input, last_block or input.")
    ] = "readout_input",
    standardise: Annotated[
        str,
        typer.Option(
            help="Channels over a compound's elements, over all, or not: within, dataset or none."
        ),
    ] = "within",
    threshold: Annotated[
        float | None, typer.Option(help="Also list the clusters at this threshold.")
    ] = None,
    top: Annotated[int, typer.Option(help="How many clusters to list.")] = 5,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for cecv.csv, cecv.png ...")
    ] = None,
    formula_column: FormulaColumn = None,
    target_column: TargetColumn = None,
    split: SplitOption = "random",
    seed: SeedOption = 0,
    runs: Annotated[Path, typer.Option(help="Folder of all studies.")] = Path("runs"),
    as_json: JsonOption = False,
) -> None:
    """Show how networks group chemical environments: their CECVs side by side.

    For each threshold it counts into how many clusters the compounds of a probe fall, trained
    and untrained. With --study, the study's reference networks bound the target band, and each
    network is told where it is too local or too global. With --threshold, the largest clusters,
    the lone compounds, and what is merged or split between networks.
    """
    if threshold is not None and rule == "pairs":
        raise OptionError("--threshold lists clusters, and the rule 'pairs' makes none.")
    from rich.console import Console

    from fusionnas.environment_tables import print_clusters, print_vectors, write_files
    from fusionnas.environments import describe

    with Console(stderr=True).status("Loading") as status:
        found = describe(
            bundles, data=data, probe=probe, probe_split=probe_split, rule=rule, tap=tap,
            standardise=standardise, study=study, runs=runs, seed=seed, split=split,
            formula_column=formula_column, target_column=target_column,
            on_step=lambda text: status.update(f"{text} ..."),
        )  # fmt: skip
    if as_json:
        print(found.table().to_json(orient="records", indent=2, force_ascii=False))
    else:
        print_vectors(found)
        if threshold is not None:
            print_clusters(found, threshold, top)
    if output is not None:
        for path in write_files(found, output, threshold):
            print(path, file=sys.stderr if as_json else sys.stdout)


@app.command()
def report(
    study: Annotated[str, typer.Argument(help="A study by name or path.")],
    runs: Annotated[Path, typer.Option(help="Folder of all studies.")] = Path("runs"),
) -> None:
    """Write the report of a finished study again."""
    from fusionnas.report import write_report
    from fusionnas.study_folder import StudyFolder

    for path in write_report(StudyFolder.find(study, runs)):
        print(path)


@app.command()
def status(
    study: Annotated[str, typer.Argument(help="A study by name or path.")],
    watch: Annotated[
        float | None, typer.Option(help="Show it again every so many seconds, until Ctrl-C.")
    ] = None,
    runs: Annotated[Path, typer.Option(help="Folder of all studies.")] = Path("runs"),
    as_json: JsonOption = False,
) -> None:
    """Show how a study stands, from another terminal while it runs or afterwards."""
    if watch is not None and watch <= 0:
        raise OptionError(f"--watch must be positive, but got {watch:g}.")
    import time

    from rich.console import Console

    from fusionnas.console import print_status
    from fusionnas.status import status as read

    console = Console(highlight=False)
    while True:
        found = read(study, runs)
        if as_json:
            print(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))
        else:
            print_status(console, found)
        if watch is None or found.state == "finished":
            return
        time.sleep(watch)
        console.print()


@app.command()
def datasets(as_json: JsonOption = False) -> None:
    """List the data sets that have a name."""
    from dataclasses import asdict

    from fusionnas.data.sources import list_datasets

    cards = list_datasets()
    if as_json:
        print(json.dumps([asdict(card) for card in cards], indent=2))
        return
    from fusionnas.tables import print_datasets

    print_datasets(cards)


@app.command()
def spaces(name: Annotated[str | None, typer.Argument(help="A space to show.")] = None) -> None:
    """List the search spaces, or show one."""
    from fusionnas.tables import print_space, print_spaces

    print_spaces() if name is None else print_space(name)


@app.command()
def architectures(
    name: Annotated[str | None, typer.Argument(help="An architecture to show.")] = None,
) -> None:
    """List the named architectures, or show one."""
    from fusionnas.tables import print_architecture, print_architectures

    print_architectures() if name is None else print_architecture(name)


def _prediction(row: Any) -> str:
    """Value, uncertainty and unit; a flag where training never saw an element."""
    text = f"{row.prediction:10.4g} ± {row.uncertainty:.3g} {row.unit}"
    return text + (f"  never seen in training: {row.unseen_elements}" * bool(row.unseen_elements))


def _seconds(text: str) -> float:
    """90s, 30m, 2h or plain seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())
    if match is None:
        raise OptionError(f"--time-budget must look like 90s, 30m or 2h, but got '{text}'.")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def main() -> None:
    """Run the command line; a user's error is one message and its exit code."""
    try:
        app()
    except FusionNASError as e:
        if "--debug" in sys.argv:
            raise
        print(f"fusionnas: {e}", file=sys.stderr)
        sys.exit(e.exit_code)
    except KeyboardInterrupt:
        print("fusionnas: interrupted", file=sys.stderr)
        sys.exit(130)

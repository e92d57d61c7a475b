"""`fusionnas predict`."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from fusionnas.cli.options import (
    READING,
    FormulaColumn,
    JsonOption,
    QuietOption,
    RunsOption,
    SetOption,
    refuse_unused,
    set_conditions,
)
from fusionnas.errors import FormulaError, OptionError
from fusionnas.files.atomic import is_standard_output


def predict(
    context: typer.Context,
    model: Annotated[
        Path,
        typer.Argument(
            help="A study by name or path, or the folder of a model; MODEL:TARGET for one of its "
            "targets."
        ),
    ],
    formulas: Annotated[list[str] | None, typer.Argument(help="Formulas to predict.")] = None,
    csv: Annotated[
        str | None, typer.Option(help="A CSV of formulas instead; - for standard input.")
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="CSV to write, all columns kept; without it, or with -, standard output.",
        ),
    ] = None,
    interval: Annotated[
        float,
        typer.Option(
            help="Chance that the true value is between lower and upper, or the true class in set."
        ),
    ] = 0.9,
    precision: Annotated[
        str, typer.Option(help="fp32, or bf16: faster for wide networks, to three digits.")
    ] = "fp32",
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1 ...")] = None,
    where: Annotated[
        str | None, typer.Option(help="Keep rows by their columns: 'value > 3 and not far'.")
    ] = None,
    sort: Annotated[
        str | None, typer.Option(help="Sort by a column, largest first; COLUMN:rising otherwise.")
    ] = None,
    target: Annotated[
        float | None,
        typer.Option(help="Rank by the chance of a value near this one (see --within)."),
    ] = None,
    within: Annotated[
        float | None, typer.Option(help="How near, in the target's unit.  [default: the test MAE]")
    ] = None,
    above: Annotated[
        float | None, typer.Option(help="Rank by the chance of a value above this one.")
    ] = None,
    below: Annotated[
        float | None, typer.Option(help="Rank by the chance of a value below this one.")
    ] = None,
    given: SetOption = None,
    formula_column: FormulaColumn = None,
    runs: RunsOption = Path("runs"),
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Predict the property of new formulas, with uncertainty.

    A study predicts with its predictor, the ensemble that its final training made.

    A model of classes tells the most probable class and its probability, corrected by a
    temperature where that helps, and a set of classes that holds the true one with the chance of
    --interval.

    Each prediction tells how far it can be trusted: an interval, elements that training never
    saw, the nearest training composition and whether it is far. A CSV is read, predicted and
    written piece by piece, so it may have any length:
    `fusionnas predict my-model --csv candidates.csv -o predictions.csv`. A study also tells the
    value that its data hold of a compound.

    A model that was trained with --input-columns reads its conditions from columns of the CSV with
    their names, or from --set: `fusionnas predict my-model NaCl --set temperature=300`. A category
    that training never saw, or a number beyond its range, is told in `unseen_conditions`.

    A model of several targets gives columns for each, such as value_gap and lower_gap.

    To choose among candidates: `--above 3 --where "not far"` keeps what is like the training data
    and ranks it by the chance of a value above 3.
    """
    if bool(formulas) == (csv is not None):
        raise OptionError("Give either formulas or --csv FILE to predict.")
    if csv is None and output is not None:
        raise OptionError("-o is for --csv; predictions of formulas are printed.")
    if csv is None:
        refuse_unused(context, READING, "says how --csv is read, and there is no --csv")
    if csv is not None and (output is None or is_standard_output(output)):
        output = "-"
    if as_json and output == "-":
        raise OptionError("--json prints the outcome of --csv where -o - prints the predictions.")
    import pandas as pd

    from fusionnas.models.csv_prediction import predict_csv
    from fusionnas.models.predictor import INTERVAL
    from fusionnas.models.ranking import Ranking, window_of
    from fusionnas.statistics.mixture import check_level
    from fusionnas.studies.named_network import load_predictor
    from fusionnas.tasks.kinds import check_one_target
    from fusionnas.terminal.console import plain_console, print_usefulness
    from fusionnas.terminal.output import print_json
    from fusionnas.terminal.predictions import (
        UNCORRECTED,
        csv_progress,
        plain_predictions,
        print_outcome,
        print_predictions,
    )

    check_level(interval)
    conditions = set_conditions(given)
    predictor = load_predictor(model, device, precision, runs)
    if predictor.classes and (target, above, below) != (None,) * 3:
        raise OptionError(
            "The model predicts a class: leave out --target, --above and --below. Rank by a "
            "probability with --sort."
        )
    if predictor.classes and predictor.calibration is None and interval != INTERVAL:
        raise OptionError(
            "The model has no prediction sets, so --interval says nothing. It needs a test part of "
            "40 compositions."
        )
    warning = plain_console(stderr=True, quiet=quiet)
    for one in predictor.each or (predictor,):
        known = one.manifest.get("metrics", {}).get("usefulness")
        print_usefulness(warning, known, warnings_alone=True)
    if (target, above, below) != (None,) * 3:
        check_one_target(predictor.manifest, "a range of wanted values")
    window = window_of(target, within, above, below, predictor.manifest)
    ranking = Ranking.of(where, sort, window)
    if csv is not None and output is not None:
        begun = time.monotonic()
        with csv_progress(quiet) as on_chunk:
            done = predict_csv(
                predictor, csv, output, formula_column, interval, ranking, on_chunk, conditions
            )
        seconds = time.monotonic() - begun
        if as_json:
            print_json(asdict(done) | {"output": output, "seconds": round(seconds, 3)}, None)
        elif not quiet:
            print_outcome(done, output, seconds)
            if not predictor.is_corrected:
                print(UNCORRECTED, file=sys.stderr)
        return
    frame, errors = predictor.predict_table(
        pd.DataFrame({"formula": formulas}), "formula", interval, window, conditions
    )
    if len(errors) == len(frame):
        raise FormulaError("\n".join(errors.values()))
    predicted = frame["error"] == ""
    chosen = ranking.order(ranking.keep(frame[predicted]))
    frame = pd.concat([chosen, frame[~predicted]])
    if as_json:
        print_json(plain_predictions(frame))
    else:
        print_predictions(frame, interval, predictor.targets)
        if not (quiet or predictor.is_corrected):
            print(UNCORRECTED, file=sys.stderr)

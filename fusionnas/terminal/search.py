"""The end of a search, and how a study stands, as tables in a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from fusionnas.insight.reading.examples import of_table
from fusionnas.insight.reading.feature_matrices import PEROVSKITES
from fusionnas.models.baselines.yardsticks import fitted_words
from fusionnas.models.class_words import temperature_words
from fusionnas.models.usefulness import of_answer
from fusionnas.searching.objectives import FIRSTS, OBJECTIVES
from fusionnas.searching.trial_counts import counts_of
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.predictor_words import predictor_words
from fusionnas.studies.yardsticks import beside_of
from fusionnas.tasks.kinds import stored_task
from fusionnas.tasks.multi_target import MEANING
from fusionnas.terminal.console import print_usefulness, say
from fusionnas.terminal.tables import FittingTable

_COLUMNS = (*FIRSTS.values(), "cecv_deviation", "cecv_excess", "parameters")  # of the front, always


def print_summary(console: Console, summary: Mapping[str, Any], folder: str) -> None:
    """The end of a search: what it is good for, front, network, yardsticks, verdict, files."""
    console.print()
    print_usefulness(console, of_answer(summary.get("usefulness", {})))
    unit = f" {summary['unit']}" if summary["unit"] else ""
    error = stored_task(summary).error
    table = FittingTable("Pareto front")
    others = [
        row
        for name, row in OBJECTIVES.items()
        if name not in _COLUMNS and any(name in trial for trial in summary["front"])
    ]
    table.add_column("trial")
    table.add_column(f"val. {error.label}{unit}")
    table.add_column("deviation", keep=2)
    table.add_column("excess", keep=3)
    table.add_column("parameters", keep=1)
    for row in others:
        table.add_column(row.label, keep=4)
    table.add_column("architecture", folds=True)
    for row in summary["front"]:
        table.add_row(
            str(row["number"]),
            f"{row[error.key('val')]:.4g}",
            _number(row["cecv_deviation"]),
            _number(row["cecv_excess"]),
            f"{row['parameters']:,}",
            *(f"{row[o.name]:.3g}" if o.name in row else "–" for o in others),
            row["line"],
            style="bold" if row["number"] == summary["chosen"]["number"] else "",
        )
    console.print()
    say(console, f"{counts_of(summary).words}.")
    console.print(table)
    chosen = summary["chosen"]
    named = f": trial {chosen['number']}, {chosen['line']}"
    console.print(Text.assemble("\n", ("Recommended", "bold"), named))
    _print_yardsticks(console, summary, unit)
    _print_targets(console, summary)
    if "interval_words" in summary:
        say(console, f"\n{summary['interval_words']}")
    if summary["finalists"]:
        _print_finalists(console, summary, unit)
    if summary.get("final_failures"):
        say(console, summary["final_failures"])
    mine = summary.get("predictor")
    if mine is not None:
        _print_predictor(console, summary, unit)
    say(console, f"\n{summary['verdict_words']}")
    for words in ("exhausted_words", "proposer_words"):
        if summary.get(words):
            say(console, summary[words])
    if summary.get("move_words"):
        say(console, summary["move_words"])
    say(console, f"{summary['band_words']} {summary['guidance_words']}".strip())
    console.print(
        f"\nReport   {folder}/report.html\nPlot     {folder}/cecv.png\nBundle   {folder}/best\n"
        + (f"Ensemble {folder}/predictor\n" if mine is not None else "")
        + f"Predict  {_predicting(StudyFolder(Path(folder)))}",
        soft_wrap=True,
    )


def _predicting(study: StudyFolder) -> str:
    """The command that predicts a compound of the study's own elements, quoted for a shell."""
    known = study.training_compositions(whole=True)
    formula = PEROVSKITES[0] if known is None else of_table(known, 1)[0]
    command = shlex.join(["fusionnas", "predict", str(study.path), formula])
    return command if study.conditions is None else f"{command} {study.conditions.as_options}"


def _print_yardsticks(console: Console, summary: Mapping[str, Any], unit: str) -> None:
    """The network and the yardsticks on the test part, the best of them first, and in words."""
    beside = beside_of(summary)
    error = stored_task(summary).error
    test = error.key("test")
    table = FittingTable("On the test part")
    table.add_column("", right=False)
    table.add_column("", folds=True)
    table.add_column(f"{error.label}{unit}")
    table.add_column("network minus this", keep=1)
    table.add_column("s", keep=2, called="seconds")
    if mine := summary.get("predictor"):
        models = counted(mine["models"], "model")
        mae = f"{mine[test]:.4g}"
        table.add_row("", f"predictor ({models})", mae, "", "", style="bold")
    chosen = f"{summary['chosen'][test]:.4g}"
    table.add_row("", "recommended network", chosen, "", "", style="bold")
    for row in beside["rows"]:
        low, high = row["difference_interval"] or (None, None)
        ends = "" if low is None else f" ({_signed(low)} to {_signed(high)})"
        table.add_row(
            "best" if row["name"] == beside["best"] else "",
            row["label"],
            f"{row[test]:.4g}",
            f"{_signed(row['difference'])}{ends}",
            "–" if row["seconds"] is None else f"{row['seconds']:.0f}",
        )
    console.print()
    console.print(table)
    if weighted := _weighted_words(summary, unit):
        console.print(weighted, soft_wrap=True)
    if beside["words"]:
        say(console, f"{beside['words']} {fitted_words(beside)}")


def _print_targets(console: Console, summary: Mapping[str, Any]) -> None:
    """The test MAE of each of several targets, in its own unit; nothing for one target."""
    targets = summary.get("targets")
    if not targets:
        return
    predictor = (summary.get("predictor") or {}).get("targets")
    table = FittingTable("Each target: test MAE")
    table.add_column("", right=False)
    if predictor:
        table.add_column("predictor")
    table.add_column("network")
    table.add_column("best yardstick")
    table.add_column("", folds=True, keep=2, right=False)
    table.add_column("of the median's", keep=1)
    for place, one in enumerate(targets):
        beside, unit = one["beside_yardsticks"], f" ({one['unit']})" if one["unit"] else ""
        best = beside["rows"][0] if beside["best"] is not None else None
        facts = (of_answer(one["usefulness"]) or {})["facts"]
        share = facts["mae"] / facts["median_mae"] if facts["median_mae"] else 1.0
        table.add_row(
            f"{one['target']}{unit}",
            *([f"{predictor[place]['test_mae']:.4g}"] if predictor else []),
            f"{one['chosen']['test_mae']:.4g}",
            f"{best['test_mae']:.4g}" if best else "–",
            best["label"] if best else "",
            f"{share:.0%}",
        )
    console.print()
    console.print(table)
    say(console, MEANING)
    for place, one in enumerate(targets):
        words = predictor[place]["interval_words"] if predictor else one.get("interval_words")
        if words:
            say(console, f"{one['target']}: {words}")


def _weighted_words(summary: Mapping[str, Any], unit: str) -> str:
    """The test errors weighted like the rows; empty if all rows count alike."""
    task = stored_task(summary)
    key, chosen, mine = task.weighted_key("test"), summary["chosen"], summary.get("predictor")
    if key not in chosen:
        return ""
    of_predictor = f", predictor {mine[key]:.4g}{unit}" if mine else ""
    return (
        f"Weighted like the rows of the data, the {task.error.label} is: recommended network "
        f"{chosen[key]:.4g}{unit}{of_predictor}."
    )


def counted(count: int, what: str) -> str:
    """Such as `1 model` or `3 models`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _print_predictor(console: Console, summary: Mapping[str, Any], unit: str) -> None:
    """Each architecture's and yardstick's part of the ensemble."""
    predictor = summary["predictor"]
    error = stored_task(summary).error
    val = error.key("val")
    table = FittingTable("Predictor")
    table.add_column("part")
    table.add_column(f"held-out {error.label}{unit}")
    table.add_column("models", keep=1)
    table.add_column("", folds=True)
    table.add_column("architecture", folds=True, keep=2)
    for part in predictor["parts"]:
        line = "" if part["line"] == part["name"] else part["line"]
        table.add_row(
            f"{part['weight']:.0%}",
            f"{part[val]:.4g}",
            str(part["models"]),
            part["name"],
            line,
        )
    console.print()
    console.print(table)
    say(
        console,
        f"{predictor_words(summary)} Its members were chosen by rows that were held out: "
        f"{predictor['rule']}, {predictor[val]:.4g}{unit} there.",
    )
    if "temperature" in predictor:
        say(console, temperature_words(predictor["temperature"]))
    if predictor["interval_words"]:
        say(console, predictor["interval_words"])
    for one in predictor["left_out"]:
        say(console, f"Left out: {one['name']} ({one['reason']}).")


def _print_finalists(console: Console, summary: Mapping[str, Any], unit: str) -> None:
    """The errors of the finalists, after several repetitions with intervals and who is tied."""
    several = len(summary["finalists"][0]["maes"]) > 1
    table = FittingTable("Finalists")
    table.add_column("trial")
    table.add_column(f"{'mean ' * several}val. {stored_task(summary).error.label}{unit}")
    if several:
        table.add_column("95% interval", keep=1)
    table.add_column("parameters", keep=2)
    table.add_column("", right=False)
    for row in summary["finalists"]:
        mark = "preferred" if row["preferred"] else "tied" if row["tied"] else ""
        table.add_row(
            str(row["number"]),
            f"{row['mean']:.4g}",
            *[f"{row['low']:.4g} to {row['high']:.4g}"] * several,
            f"{row['parameters']:,}",
            mark,
            style="bold" if row["preferred"] else "",
        )
    console.print()
    console.print(table)
    say(console, summary["finalist_words"])


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.3g}"

"""Results of a benchmark, printed and drawn."""

from pathlib import Path


def show_results(folder: Path, as_json: bool) -> None:
    from fusionnas.benchmarking.results import Results

    print(
        Results(folder)
        .table()[
            [
                "table",
                "fold",
                "system",
                "state",
                "mae",
                "wall_seconds",
                "cpu_seconds",
                "peak_memory_mb",
                "parameters",
            ]
        ]
        .to_string()
    )

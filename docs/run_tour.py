"""Run docs/tour.ipynb and keep its outputs: `python docs/run_tour.py`; `--check` keeps none."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

TOUR = Path(__file__).with_name("tour.ipynb")
SECONDS = 600  # of one cell, on a machine with much else to do


def run(path: Path) -> nbformat.NotebookNode:
    """The notebook with fresh outputs; a cell that fails raises."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(notebook, timeout=SECONDS, kernel_name="python3")
        client.execute(cwd=folder)
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs = [kept for output in cell.outputs if (kept := _kept(output))]
    notebook.metadata.pop("language_info", None)  # of this machine's Python
    return notebook


def _kept(output: nbformat.NotebookNode) -> nbformat.NotebookNode | None:
    """An output without what only this run has: progress, and addresses in memory."""
    if output.get("name") == "stderr" or output.output_type == "display_data":
        return None
    if "image/png" in output.get("data", {}):
        output.data.pop("text/plain", None)
    elif "text/html" in output.get("data", {}) and " at 0x" in output.data.get("text/plain", ""):
        output.data["text/plain"] = "table"
    return output


def main() -> None:
    notebook = run(TOUR)
    if "--check" not in sys.argv:
        nbformat.write(notebook, TOUR)


if __name__ == "__main__":
    main()

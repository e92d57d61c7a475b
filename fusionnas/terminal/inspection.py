"""What `inspect` prints: facts, what stands out, and what a search will do."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from fusionnas.data.dataset import Dataset
from fusionnas.data.inspection import Inspection
from fusionnas.terminal.console import plain_console, say


def print_inspection(dataset: Dataset, inspection: Inspection, course: Sequence[str]) -> None:
    """Sentences; those that ask for a look begin with an exclamation mark.

    Args:
        dataset: what was inspected.
        inspection: what was found.
        course: what a search will do, a sentence each.
    """
    console = plain_console()
    say(console, Text.assemble((dataset.name, "bold"), f"  {inspection.summary}"))
    for words in inspection.target_lines(dataset.target, dataset.unit):
        say(console, words)
    for title, lines in (
        ("What stands out", [(f.words, f.warns) for f in inspection.findings]),
        ("What a search will do", [(words, False) for words in course]),
    ):
        if lines:
            console.print(Text(f"\n{title}", "bold"))
        for line, warns in lines:
            say(console, Text(f"{'!' if warns else '-'} {line}", "red" if warns else ""))

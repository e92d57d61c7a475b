"""The commands of README and docs, as they stand there and in their order, on a small table."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fusionnas.cli import app
from tests.made.small_data import small_dataset

ROOT = Path(__file__).parents[2]
PAGES = (
    "README",
    "docs/data",
    "docs/fine-tuning",
    "docs/prediction",
    "docs/suggest",
    "docs/views",
    "docs/compare-and-sweep",
    "docs/cecv",
    "docs/scaling",
)
# of a whole search and training, so that each takes seconds
QUICK = {
    "search": "--trials 2 --epochs 12 --folds 2 --probe all --workers 2",
    "train": "--epochs 3",
}
ELSEWHERE = ("HEAD:6379", "postgresql:")  # other machines


def commands(page: str) -> Iterator[str]:
    """Each command with what stands in brackets, which may be left out."""
    text = (ROOT / f"{page}.md").read_text(encoding="utf-8")
    for block in re.findall(r"```bash\n(.*?)```", text, flags=re.DOTALL):
        for line in block.splitlines():
            if re.match(r"(cat .* \| )?fusionnas ", line):
                yield re.sub(r"\s#.*", "", line).replace("[", "").replace("]", "").strip()


def prepare(folder: Path) -> None:
    """The files that the pages name; studies and bundles come of the commands."""
    data = small_dataset(400)
    rows = [f"{f},{y}\n" for f, y in zip(data.table.formulas(), data.targets, strict=True)]
    (folder / "my.csv").write_text("formula,gap\n" + "".join(rows))
    (folder / "labs.csv").write_text(
        "formula,gap,lab,year\n"
        + "".join(f"{row.strip()},lab {i % 40},{1990 + i % 30}\n" for i, row in enumerate(rows))
    )
    for name, some in (("other.csv", rows[:200]), ("new.csv", rows[200:]), ("test.csv", rows[:50])):
        (folder / name).write_text("formula,target\n" + "".join(some))
    (folder / "measured.csv").write_text("formula,gap\nSrTiO3,1.5\nNa3PO4,2.5\n")
    (folder / "candidates.csv").write_text("formula\nSrTiO3\nNa3PO4\n")


def named(folder: Path, words: list[str]) -> None:
    """Give studies and bundles that a page names without making them the content of made ones."""
    named_in = {part for word in words for part in re.split("[<>]", word)}
    for name in {"STUDY", "OTHER", "RANDOM"} & named_in:
        if not (folder / "runs" / name).exists():
            shutil.copytree(folder / "runs" / "gaps", folder / "runs" / name)
    for name in {"other-model", "a", "b"} & set(words):
        if not (folder / name).exists():
            shutil.copytree(folder / "my-model", folder / name)


@pytest.mark.slow  # two searches and thirty commands: minutes
def test_every_command_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    prepare(tmp_path)
    run = []
    for page in PAGES:
        for text in commands(page):
            if any(place in text for place in ELSEWHERE):
                continue
            piped, _, text = text.rpartition(" | ")
            text, _, _ = text.partition(" > ")
            words = shlex.split(text)[1:]
            given = Path(shlex.split(piped)[1]).read_text() if piped else None
            named(tmp_path, words)
            done = CliRunner().invoke(app, words + shlex.split(QUICK.get(words[0], "")), given)
            assert done.exit_code == 0, (page, text, done.output, done.exception)
            run.append(text)
    assert opened
    assert len(run) > 25

"""The commands of README and docs, as they stand there and in their order, on small tables."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from fusionnas.cli import app
from tests.docs.page_tables import classes, conditions, formulas_and_gaps, targets

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
OF_SEVERAL = "fusionnas train lstm --data several.csv --target-column kind -o of-several"
ELSEWHERE = ("HEAD:6379", "postgresql:", "--tables")  # other machines, and tables to download


def commands(page: str) -> Iterator[str]:
    """Each command with what stands in brackets before an option, which may be left out."""
    text = (ROOT / f"{page}.md").read_text(encoding="utf-8")
    for block in re.findall(r"```bash\n(.*?)```", text, flags=re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if re.match(r"(cat .* \| )?fusionnas ", line):
                yield re.sub(r"\[(--[^]]*)\]", r"\1", re.sub(r"\s#.*", "", line)).strip()


def named(folder: Path, words: list[str]) -> None:
    """Give studies and bundles that a page names without making them the content of made ones."""
    named_in = {part for word in words for part in re.split("[<>]", word)}
    for name in {"STUDY", "OTHER", "RANDOM"} & named_in:
        if not (folder / "runs" / name).exists():
            shutil.copytree(folder / "runs" / "gaps", folder / "runs" / name)
    for name in {"other-model", "a", "b"} & set(words):
        if not (folder / name).exists():
            shutil.copytree(folder / "my-model", folder / name)


def check(text: str, folder: Path) -> None:
    """Run a command in the folder; of one for another place its options alone are read."""
    piped, _, text = text.rpartition(" | ")
    words = shlex.split(re.sub(r" > \S+$", "", text))[1:]
    if any(place in text for place in ELSEWHERE):
        command = get_command(app).commands[words[0]]  # type: ignore[attr-defined]
        assert command.make_context(words[0], words[1:]).params
        return
    given = Path(shlex.split(piped)[1]).read_text() if piped else None
    named(folder, words)
    done = CliRunner().invoke(app, words + shlex.split(QUICK.get(words[0], "")), given)
    assert done.exit_code == 0, (text, done.output, done.exception)


@pytest.mark.slow  # searches and dozens of commands: minutes
@pytest.mark.parametrize(
    ("pages", "prepare", "made_before", "fewest"),
    [
        (PAGES, formulas_and_gaps, (), 40),
        (
            ("docs/classes",),
            classes,
            ("fusionnas train lstm --data several.csv -o of-several",),
            17,
        ),
        (("docs/targets",), targets, (), 7),
        (("docs/conditions",), conditions, (), 13),
    ],
    ids=["most pages", "classes", "targets", "conditions"],
)
def test_every_command_works(
    pages: tuple[str, ...],
    prepare: Callable[[Path], None],
    made_before: tuple[str, ...],
    fewest: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    prepare(tmp_path)
    run = [*made_before, *(text for page in pages for text in commands(page))]
    for text in run:
        check(text, tmp_path)
    assert bool(opened) == any("--open" in text for text in run)
    assert len(run) >= fewest

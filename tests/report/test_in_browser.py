"""What the scripts of the pages do, in a real browser."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fusionnas.report.compounds import compounds
from fusionnas.report.live import LivePage
from fusionnas.studies.finished import FinishedStudy
from fusionnas.studies.folder import StudyFolder
from tests.report.browser import tried
from tests.report.many_compounds import repeat_predictions
from tests.report.running_study import begin

FILTERED = """
addEventListener("load", () => {
  const count = () => document.querySelector("[data-count]").textContent;
  const field = document.querySelector("#compounds input");
  found.all = count();
  for (const words of ["Fe O", "zzz"]) {
    field.value = words;
    field.dispatchEvent(new Event("input"));
    found[words] = count();
  }
  found.rows = document.querySelectorAll("#compounds tbody tr").length;
});
"""


def filtered(study: FinishedStudy, folder: Path) -> dict[str, Any]:
    """What the page of a study says of its test compounds."""
    data = json.dumps(compounds(study)).replace("\\", r"\\")
    page = study.folder.report.read_text(encoding="utf-8")
    page = re.sub(r'(id="compounds-data">).*?(?=</script>)', rf"\g<1>{data}", page, flags=re.DOTALL)
    return tried(page, FILTERED, folder)


def test_the_line_above_the_table_tells_the_error_of_all_test_compounds(
    copy: StudyFolder, tmp_path: Path
) -> None:
    repeat_predictions(copy, 5000)
    study = FinishedStudy(copy)
    found = filtered(study, tmp_path)
    errors, formulas = np.abs(study.test_errors), study.predictions["formula"]
    both = (formulas.str.contains("Fe") & formulas.str.contains("O")).to_numpy()
    assert both.sum() > 200
    for name, rows in (("all", np.ones(5000, bool)), ("Fe O", both)):
        count, error, shown = re.fullmatch(
            r"([\d,]+) compounds, mean \|error\| ([\d.]+)(?: \S+)?; the table shows (\d+) of them",
            found[name],
        ).groups()  # type: ignore[union-attr]
        assert int(count.replace(",", "")) == rows.sum()
        assert float(error) == float(f"{errors[rows].mean():.4g}")
        assert shown == "200"
    assert (found["zzz"], found["rows"]) == ("no compound", 0)


def test_of_too_many_test_compounds_it_tells_estimates(
    copy: StudyFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repeat_predictions(copy, 5000)
    monkeypatch.setattr("fusionnas.report.compounds.MOST", 1000)
    study = FinishedStudy(copy)
    found = filtered(study, tmp_path)["all"]
    told = re.match(r"about 5,000 compounds, mean \|error\| about ([\d.]+)", found)
    assert told is not None
    assert float(told[1]) == pytest.approx(np.abs(study.test_errors).mean(), rel=0.01)


LIVE = """
let asked = 0;
window.fetch = async () => ({ ok: true, text: async () => (++asked < 2 ? pages[0] : pages[1]) });
const all = (what) => [...document.querySelectorAll(what)];
const event = (name, bubbles) => new PointerEvent(name, { bubbles });
const look = () => {
  const mark = document.querySelector("#best-so-far .mark[data-trial]");
  mark.dispatchEvent(event("pointerover", true));
  mark.dispatchEvent(event("pointerenter", false));
  const tip = document.getElementById("tip");
  const seen = {
    trials: all("#trials-table tbody tr").map((row) => +row.dataset.trial),
    hidden: all("#trials-table tbody tr[hidden]").map((row) => +row.dataset.trial),
    sorted: all("#trials-table th").map((head) => head.getAttribute("aria-sort")),
    opened: all("details[open]").map((fold) => fold.closest("figure").id),
    titles: all(".mark title").length,
    marks: all(".mark").length,
    tip: tip.hidden ? null : tip.textContent,
    lit: all(`.lit[data-trial="${mark.dataset.trial}"]`).length,
    same: mark === window.first,
  };
  mark.dispatchEvent(event("pointerleave", false));
  document.body.dispatchEvent(event("pointerover", true));
  return { ...seen, after: tip.hidden, stillLit: all(".lit").length };
};
addEventListener("load", () => {
  const head = document.querySelector("#trials-table th button");
  head.click();
  head.click();
  const field = document.querySelector("input[data-filter]");
  field.value = "running";
  field.dispatchEvent(new Event("input"));
  document.querySelector("#best-so-far details").open = true;
  window.first = document.querySelector("#best-so-far .mark[data-trial]");
  found.before = look();
  setTimeout(() => { found.unchanged = look(); }, 7500);
  setTimeout(() => { found.renewed = look(); }, 12500);
});
"""


def test_a_live_page_stays_as_the_reader_has_set_it(tmp_path: Path) -> None:
    folder, end_last = begin(tmp_path)
    page = LivePage(folder)
    pages = [page.html()]
    end_last()
    pages.append(page.html())
    told = json.dumps(pages).replace("</", r"<\/")
    found = tried(pages[0], f"const pages = {told};\n{LIVE}", tmp_path)
    before, renewed = found["before"], found["renewed"]
    assert before["trials"] == [4, 3, 2, 1, 0]
    assert before["hidden"] == [3, 2, 1, 0]
    assert (before["titles"], before["after"], before["stillLit"]) == (0, True, 0)
    assert before["tip"]
    assert before["lit"] > 1  # the row, too
    assert found["unchanged"] == before  # nothing was replaced
    assert not renewed["same"]
    assert renewed["marks"] > before["marks"]
    assert renewed["hidden"] == [4, 3, 2, 1, 0]  # none runs any more
    kept = ("trials", "sorted", "opened", "titles", "tip", "lit", "after", "stillLit")
    assert {name: renewed[name] for name in kept} == {name: before[name] for name in kept}

"""How a trial stands, in code, in JSON and in tables."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusionnas.searching.records import TrialRecord
from fusionnas.searching.trial_result import TrialState, is_usable, usable_rows


@pytest.mark.parametrize(
    ("result", "usable"),
    [
        (None, False),
        ({"state": "done", "collapsed": False}, True),
        ({"state": "done"}, True),  # of an early version
        ({"state": "done", "collapsed": True}, False),
        ({"state": "failed", "reason": "because"}, False),
        ({"state": "stopped"}, False),
    ],
)
def test_what_is_usable_is_so_wherever_it_is_read(result: dict | None, usable: bool) -> None:
    assert is_usable(result) is usable
    if result is None:
        return
    metrics = {name: value for name, value in result.items() if name == "collapsed"}
    record = TrialRecord(0, 0, TrialState(result["state"]), "tpe", {}, "", (), metrics)
    assert record.usable is usable
    others = pd.DataFrame([{"state": "infeasible"}, {"state": "done", "collapsed": False}])
    table = pd.concat([pd.DataFrame([result]), others], ignore_index=True)
    assert usable_rows(table).tolist() == [usable, False, True]


def test_a_table_that_was_written_says_the_same(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {
            "state": [TrialState.DONE, TrialState.DONE, TrialState.STOPPED],
            "val_mae": [1, 2, np.nan],
            "collapsed": [False, True, None],
        }
    )
    rows.to_csv(tmp_path / "trials.csv", index=False)
    assert (tmp_path / "trials.csv").read_text().splitlines()[3].startswith("stopped,")
    for read in (rows, pd.read_csv(tmp_path / "trials.csv")):
        assert usable_rows(read).tolist() == [True, False, False]


def test_states_are_stored_as_words() -> None:
    assert json.loads(json.dumps({TrialState.DONE: TrialState.DONE})) == {"done": "done"}
    assert f"{TrialState.INFEASIBLE}" == "infeasible"
    assert TrialState("waiting") is TrialState.WAITING


def test_a_state_is_read_without_torch() -> None:
    code = "import sys, fusionnas.searching.trial_result; print('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"

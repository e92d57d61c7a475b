"""What the slope of log parameters does to docs/evidence.md: one for both arms, or one for each.

The protocol regresses one slope out of both arms. Where the arms differ in it, what is left over in
each still depends on the number of parameters, and so do its correlations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from benchmarks.evidence.analysis import POOLED, RIVALS, Bootstrap, Estimate, slopes_of_parameters
from benchmarks.evidence.figures import TITLES, markdown

Estimates = Mapping[str, Estimate]  # by data set and pooled
SUBJECTS = {"log_mae": "test MAE", "trained": "deviation", "rank": "effective rank"}


def measures(h1: Estimates, rivals: Mapping[str, Estimates]) -> dict[str, Estimates]:
    """H1 and each comparison of H3, by what they claim."""
    claims = {"deviation and test MAE go together": h1}
    return claims | {f"the deviation against {RIVALS[rival]}": e for rival, e in rivals.items()}


def section(one: Mapping[str, Estimates], each: Mapping[str, Estimates], boot: Bootstrap) -> str:
    """The two side by side.

    Args:
        one: measures with one slope, as the protocol has it.
        each: the same with a slope for each arm.
        boot: the architectures.
    """
    parts = [
        "## A slope for each arm",
        "**Exploratory**, because the protocol has one slope of log parameters for both arms. In "
        "arm A all networks have the same number of parameters within 5%, so little can depend on "
        "it; in arm B it is free. Slopes of ranks on the rank of log parameters, arm A, arm B:",
        _slopes_table(boot),
        "A common slope lies between the two, so it corrects arm A too much and arm B too "
        "little. Measures of H1 and H3 with one slope (the protocol), and with one for each arm:",
        _measures_table(one, each),
        "\n".join(f"- {words}" for words in said(one, each)),
    ]
    return "\n\n".join(parts)


def said(one: Mapping[str, Estimates], each: Mapping[str, Estimates]) -> Iterator[str]:
    """What each choice lets one say, by the 95% intervals, which no correction has widened."""
    found: dict[str, list[str]] = {
        "Not supported any more": [],
        "Supported only by one slope each": [],
        "Supported by both": [],
    }
    for name, estimates in one.items():
        for data, a in estimates.items():
            b = each[name][data]
            numbers = f"{TITLES[data]}: {a.words} with one slope, {b.words} with one each"
            if _sign(a) and _sign(a) == _sign(b):
                found["Supported by both"].append(f"{_claim(name, a)}, {numbers}")
            elif _sign(a):
                found["Not supported any more"].append(f"{_claim(name, a)}, {numbers}")
            elif _sign(b):
                found["Supported only by one slope each"].append(f"{_claim(name, b)}, {numbers}")
    for words, claims in found.items():
        yield f"{words}: {'; '.join(claims) or 'nothing'}."


def _claim(name: str, e: Estimate) -> str:
    if "against" not in name:
        return name if e.value > 0 else name.replace("go together", "go opposite ways")
    verb = "does better than" if e.value > 0 else "does worse than"
    return name.replace("against", verb)


def _sign(e: Estimate) -> int:
    """Of a measure whose interval leaves zero out; 0 where it does not, or where there is none."""
    return int(e.low > 0) - int(e.high < 0)


def _slopes_table(boot: Bootstrap) -> str:
    rows = []
    for data in boot.sets:
        cells = []
        for column in SUBJECTS:
            a, b = slopes_of_parameters(boot, data, column)
            cells.append(f"{a:+.2f}, {b:+.2f}")
        rows.append([TITLES[data], *cells])
    return markdown(["data set", *SUBJECTS.values()], rows)


def _measures_table(one: Mapping[str, Estimates], each: Mapping[str, Estimates]) -> str:
    rows = [
        [name, slope, *(estimates[data].words for data in estimates)]
        for name in one
        for slope, estimates in (("one", one[name]), ("one each", each[name]))
        if np.isfinite(estimates[POOLED].value)
    ]
    return markdown(
        ["measure", "slopes", *(TITLES[data] for data in next(iter(one.values())))], rows
    )

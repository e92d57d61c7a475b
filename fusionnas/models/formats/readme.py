"""The README beside a model in another format: how to use it."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from fusionnas.data.conditions import NUMBER, Condition, Conditions
from fusionnas.models.bundle import lower_bound_of, manifest_of_target
from fusionnas.models.calibration_file import calibration_files
from fusionnas.models.card_words import in_short
from fusionnas.models.formats.description import outputs_in_words
from fusionnas.models.formats.in_unit import CONDITIONS, FRACTIONS, NUMBERS, OUTPUTS
from fusionnas.models.formats.mlflow_model import example_rows

_TENSORS = f"""\
| | shape | type | |
|---|---|---|---|
| input `{NUMBERS}` | (B, n) | int64 | atomic numbers, each element of a compound once |
| input `{FRACTIONS}` | (B, n) | float64 | their amounts, in any proportion |
{{input}}| output `{OUTPUTS[0]}` | {{shape}} | float64 | {{prediction}} |
| output `{OUTPUTS[1]}` | {{shape}} | float64 | {{uncertainty}} |

All compounds of a batch have the same number of elements n; put other compounds into another batch
instead of padding. The order of a compound's elements does not matter: the model sorts them.
{{columns}}"""

_HOW = {
    "onnx": _TENSORS
    + """
```python
# pip install onnxruntime numpy
import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession("{file}")
inputs = {{
    "numbers": np.array([[38, 22, 8]]),  # Sr, Ti, O
    "fractions": np.array([[0.2, 0.2, 0.6]]),
{given}}}
prediction, uncertainty = session.run(None, inputs)
```

The metadata of the model (`session.get_modelmeta().custom_metadata_map`) contain the target, its
unit, the columns of several targets, classes and conditions as JSON, the architecture, the elements
seen and the whole manifest.
""",
    "torch": _TENSORS
    + """
```python
# pip install "torch>={torch}"
import torch

model = torch.export.load("{file}").module()
numbers = torch.tensor([[38, 22, 8]])  # Sr, Ti, O
fractions = torch.tensor([[0.2, 0.2, 0.6]], dtype=torch.float64)
{given}prediction, uncertainty = model(numbers, fractions{third})
```

The program holds `description.json` (target and unit, the columns of several targets, classes and
conditions) and `manifest.json`; `torch.export.load` reads them with
`extra_files={{"description.json": ""}}`.
""",
    "mlflow": """\
It reads a table with the column `formula`{columns}.
It returns a row of predictions for each row; where one cannot be read there is no prediction, and
`error` gives the reason.

```bash
echo {json} > in.json
mlflow models predict -m . -i in.json -t json --env-manager local
mlflow models serve -m . --port 5001 --env-manager local
```

```python
import mlflow
import pandas as pd

model = mlflow.pyfunc.load_model(".")
model.predict(pd.DataFrame({rows}))
```

`--env-manager local` uses the installed packages; fusionnas must be one of them.
""",
}


def readme(name: str, manifest: Mapping[str, Any]) -> str:
    """How to use a model in the format `name`, as Markdown, from the manifest beside it."""
    facts = outputs_in_words(manifest) | dict(manifest["exported"])
    facts |= _of_conditions(name, manifest)
    facts.setdefault("torch", "2.6")
    facts["torch"] = str(facts["torch"]).partition("+")[0]
    title = f"# {manifest['target']}: {name} model"
    rest = "`manifest.json` records data, errors and origin; `model_card.md` describes them.\n"
    intervals = "" if name == "mlflow" else "".join(_intervals(manifest))  # MLflow returns them
    return f"{title}\n\n{_HOW[name].format(**facts)}\n{intervals}{rest}"


def _of_conditions(name: str, manifest: Mapping[str, Any]) -> dict[str, str]:
    """The parts of a README about conditions; empty for a model that reads formulas alone."""
    conditions = Conditions.of_facts(manifest)
    columns = () if conditions is None else conditions.columns
    if name == "mlflow":
        rows = example_rows(manifest)
        listed = "".join(f", `{one.name}`" for one in columns)
        return {
            "columns": f" and the conditions{listed.removeprefix(',')}" if columns else "",
            "rows": json.dumps(rows),
            "json": shlex.quote(json.dumps({"dataframe_records": rows})),
        }
    if not columns:
        return dict.fromkeys(("input", "columns", "given", "third"), "")
    listed = "".join(f"- {line}\n" for line in map(_condition, columns))
    example = [float(one.values([one.baseline])[0][0]) for one in columns]
    told = f"[{example}]", f"# {', '.join(f'{one.name}={one.baseline}' for one in columns)}"
    given = {
        "onnx": '    "conditions": np.array({}),  {}\n',
        "torch": "conditions = torch.tensor({}, dtype=torch.float64)  {}\n",
    }
    return {
        "input": f"| input `{CONDITIONS}` | (B, {len(columns)}) | float64 | see below |\n",
        "columns": f"\nThe columns of `{CONDITIONS}`, in this order:\n\n{listed}",
        "given": given[name].format(*told),
        "third": f", {CONDITIONS}",
    }


def _condition(column: Condition) -> str:
    if column.kind == NUMBER:
        told = f"the number as it is; in training {column.low:g} to {column.high:g}"
        return f"`{column.name}`: {told}{'; NaN if it is missing' * column.gaps}"
    codes = ", ".join(f"{code} for '{word}'" for code, word in enumerate(column.words))
    missing = "; NaN for another word" + " or a missing one" * column.gaps
    return f"`{column.name}`: {codes}{missing}"


def _intervals(manifest: Mapping[str, Any]) -> Iterator[str]:
    """How to make intervals from the two outputs."""
    files = calibration_files(manifest)
    for place in range(len(manifest.get("targets", ()))):
        own = manifest_of_target(manifest, place)
        yield _interval(own, files[place], f" of {own['target']}")
    if not manifest.get("targets"):
        yield _interval(manifest, files[0])


def _interval(manifest: Mapping[str, Any], scores: str, whose: str = "") -> str:
    if "interval" not in manifest:
        return ""
    facts = manifest["interval"]
    bound = lower_bound_of(manifest)
    cut = "" if math.isinf(bound) else f" Raise a lower end below {bound:g} to {bound:g}."
    return (
        f"A 90% interval{whose} is `{OUTPUTS[0]}` ± {facts['factor_90']:.4g} × `{OUTPUTS[1]}`: "
        f"corrected on {facts['rows']:,} test compositions{_found(facts)}.{cut} For another "
        f"level p the factor is the k-th smallest of the N scores in `{scores}`, "
        "with k = ceil((N + 1) p).\n\n"
    )


def _found(facts: Mapping[str, Any]) -> str:
    if "coverage_90" not in facts:
        return ""
    width = f", {in_short(facts['width_90'])} wide on average" if "width_90" in facts else ""
    return f", and contains {facts['coverage_90']:.1%} of {facts['checked_on']:,} others{width}"

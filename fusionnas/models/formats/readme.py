"""The README beside a model in another format: how to use it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fusionnas.models.bundle import lower_bound_of
from fusionnas.models.formats.in_unit import INPUTS, OUTPUTS
from fusionnas.models.model_card import in_short

_TENSORS = f"""\
| | shape | type | |
|---|---|---|---|
| input `{INPUTS[0]}` | (B, n) | int64 | atomic numbers, each element of a compound once |
| input `{INPUTS[1]}` | (B, n) | float64 | their amounts, in any proportion |
| output `{OUTPUTS[0]}` | {{shape}} | float64 | {{prediction}} |
| output `{OUTPUTS[1]}` | {{shape}} | float64 | {{uncertainty}} |

All compounds of a batch have the same number of elements n; put other compounds into another batch
instead of padding. The order of a compound's elements does not matter: the model sorts them.
"""

_HOW = {
    "onnx": _TENSORS
    + """
```python
# pip install onnxruntime numpy
import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession("{file}")
numbers = np.array([[38, 22, 8]])  # Sr, Ti, O
fractions = np.array([[0.2, 0.2, 0.6]])
prediction, uncertainty = session.run(None, {{"numbers": numbers, "fractions": fractions}})
```

The metadata of the model contain the target, its unit or its classes, the architecture, the
elements seen and the whole manifest.
""",
    "torch": _TENSORS
    + """
```python
# pip install "torch>={torch}"
import torch

model = torch.export.load("{file}").module()
numbers = torch.tensor([[38, 22, 8]])  # Sr, Ti, O
fractions = torch.tensor([[0.2, 0.2, 0.6]], dtype=torch.float64)
prediction, uncertainty = model(numbers, fractions)
```
""",
    "mlflow": """\
It reads a table with the column `formula`, or a list of formulas, and returns a row of predictions
for each; a formula that cannot be read has no prediction, and `error` gives the reason.

```bash
echo '{{"dataframe_split": {{"columns": ["formula"], "data": [["SrTiO3"], ["Na3PO4"]]}}}}' > in.json
mlflow models predict -m . -i in.json -t json --env-manager local
mlflow models serve -m . --port 5001 --env-manager local
```

```python
import mlflow
import pandas as pd

model = mlflow.pyfunc.load_model(".")
model.predict(pd.DataFrame({{"formula": ["SrTiO3", "Na3PO4"]}}))
```

`--env-manager local` uses the installed packages; fusionnas must be one of them.
""",
}


def readme(name: str, manifest: Mapping[str, Any]) -> str:
    """How to use a model in the format `name`, as Markdown, from the manifest beside it."""
    unit = manifest["unit"]
    in_unit = f", in {unit}" if unit else ""
    facts = {
        "shape": "(B,)",
        "prediction": f"{manifest['target']}{in_unit}",
        "uncertainty": f"standard deviation that the network learned{in_unit}",
        **manifest["exported"],
    }
    if classes := manifest.get("classes"):
        listed = ", ".join(f"'{name}'" for name in classes)
        facts["shape"] = f"(B, {len(classes)})"
        facts["prediction"] = f"probability p of each class, in the order {listed}"
        facts["uncertainty"] = "sqrt(p (1 - p))"
    facts.setdefault("torch", "2.6")
    facts["torch"] = str(facts["torch"]).partition("+")[0]
    title = f"# {manifest['target']}: {name} model"
    rest = "`manifest.json` records data, errors and origin; `model_card.md` describes them.\n"
    return f"{title}\n\n{_HOW[name].format(**facts)}\n{_interval(name, manifest)}{rest}"


def _found(facts: Mapping[str, Any]) -> str:
    if "coverage_90" not in facts:
        return ""
    width = f", {in_short(facts['width_90'])} wide on average" if "width_90" in facts else ""
    return f", and contains {facts['coverage_90']:.1%} of {facts['checked_on']:,} others{width}"


def _interval(name: str, manifest: Mapping[str, Any]) -> str:
    """How to make an interval from the two outputs; the MLflow model returns it itself."""
    if name == "mlflow" or "interval" not in manifest:
        return ""
    facts = manifest["interval"]
    bound = lower_bound_of(manifest)
    cut = "" if math.isinf(bound) else f" Raise a lower end below {bound:g} to {bound:g}."
    return (
        f"A 90% interval is `{OUTPUTS[0]}` ± {facts['factor_90']:.4g} × `{OUTPUTS[1]}`: corrected "
        f"on {facts['rows']:,} test compositions{_found(facts)}.{cut} For another "
        "level p the factor is the k-th smallest of the N scores in `calibration.json`, "
        "with k = ceil((N + 1) p).\n\n"
    )

"""A network as an ONNX model, for onnxruntime and other software that reads ONNX."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from fusionnas.errors import ExportError
from fusionnas.models.bundle import MANIFEST, Bundle
from fusionnas.models.formats.agreement import largest_difference
from fusionnas.models.formats.in_unit import INPUTS, OUTPUTS
from fusionnas.models.formats.tracing import trace

FILE = "model.onnx"
_AXES = ("batch", "elements")  # of any size


def write(folder: Path, bundle: Bundle, out: Path) -> Mapping[str, Any]:
    """See `fusionnas.models.formats.Format.write`."""
    import onnx
    import onnxruntime

    program = trace(bundle)
    try:
        with _quiet():
            exported = torch.onnx.export(
                program, input_names=INPUTS, output_names=OUTPUTS, dynamo=True, verbose=False
            )
    except Exception as e:  # the exporter raises all kinds of errors
        raise ExportError(f"The network cannot be written as ONNX: {_first_words(e)}") from e
    assert exported is not None
    model = exported.model_proto
    _describe(model, folder, bundle)
    onnx.save(model, str(out / FILE))
    session = onnxruntime.InferenceSession(str(out / FILE), providers=["CPUExecutionProvider"])

    def run(numbers: Tensor, fractions: Tensor) -> tuple[Tensor, Tensor]:
        inputs = dict(zip(INPUTS, (numbers.numpy(), fractions.numpy()), strict=True))
        value, uncertainty = session.run(list(OUTPUTS), inputs)
        return torch.from_numpy(value), torch.from_numpy(uncertainty)

    return {
        "file": FILE,
        "largest_difference": largest_difference(run, bundle, "ONNX model"),
        "opset": model.opset_import[0].version,
        "onnxruntime": onnxruntime.__version__,
    }


def _describe(model: Any, folder: Path, bundle: Bundle) -> None:
    """Name the open sizes, and describe the model in its metadata."""
    facts = bundle.manifest
    names = {
        "target": facts["target"],
        "unit": facts["unit"],
        "architecture": facts.get("line", ""),
        "elements_seen": facts.get("elements_seen", ""),
        "classes": json.dumps(facts["classes"]) if facts.get("classes") else "",
        "manifest": (folder / MANIFEST).read_text(encoding="utf-8"),
    }
    for key, value in names.items():
        if value:
            model.metadata_props.add(key=key, value=value)
    model.producer_name = "fusionnas"
    measure = f"in {facts['unit'] or 'its own unit'}"
    if facts.get("classes"):
        measure = "as the probability of each class"
    model.doc_string = f"{facts['target']} of a composition, {measure}"
    for values, axes in ((model.graph.input, _AXES), (model.graph.output, _AXES[:1])):
        for value in values:
            for size, name in zip(value.type.tensor_type.shape.dim, axes, strict=False):
                size.Clear()
                size.dim_param = name


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hide the exporter's output and warnings, which do not help a user."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def _first_words(error: Exception) -> str:
    return " ".join(str(error).split())[:200]

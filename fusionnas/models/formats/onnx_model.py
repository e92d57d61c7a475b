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

from fusionnas.data.table import CompositionTable
from fusionnas.errors import ExportError
from fusionnas.models.bundle import MANIFEST, Bundle
from fusionnas.models.formats.agreement import largest_difference
from fusionnas.models.formats.description import described, in_words
from fusionnas.models.formats.in_unit import CONDITIONS, OUTPUTS, inputs_of
from fusionnas.models.formats.tracing import trace

FILE = "model.onnx"
_BATCH, _ELEMENTS = "batch", "elements"  # of any size


def write(
    folder: Path, bundle: Bundle, out: Path, rows: CompositionTable | None
) -> Mapping[str, Any]:
    """See `fusionnas.models.formats.Format.write`."""
    import onnx
    import onnxruntime

    program, names = trace(bundle), inputs_of(bundle)
    try:
        with _quiet():
            exported = torch.onnx.export(
                program, input_names=names, output_names=OUTPUTS, dynamo=True, verbose=False
            )
    except Exception as e:  # the exporter raises all kinds of errors
        raise ExportError(f"The network cannot be written as ONNX: {_first_words(e)}") from e
    assert exported is not None
    model = exported.model_proto
    _describe(model, folder, bundle)
    onnx.save(model, str(out / FILE))
    session = onnxruntime.InferenceSession(str(out / FILE), providers=["CPUExecutionProvider"])

    def run(*tensors: Tensor) -> tuple[Tensor, Tensor]:
        inputs = dict(zip(names, (tensor.numpy() for tensor in tensors), strict=True))
        value, uncertainty = session.run(list(OUTPUTS), inputs)
        return torch.from_numpy(value), torch.from_numpy(uncertainty)

    return {
        "file": FILE,
        "largest_difference": largest_difference(run, bundle, "ONNX model", rows),
        "opset": model.opset_import[0].version,
        "onnxruntime": onnxruntime.__version__,
    }


def _describe(model: Any, folder: Path, bundle: Bundle) -> None:
    """Name the open sizes, and describe the model in its metadata."""
    facts = described(bundle.manifest) | {
        "manifest": (folder / MANIFEST).read_text(encoding="utf-8")
    }
    for key, value in facts.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        model.metadata_props.add(key=key, value=text)
    model.producer_name = "fusionnas"
    model.doc_string = in_words(bundle.manifest)
    for value in (*model.graph.input, *model.graph.output):
        compounds_only = value.name in (CONDITIONS, *OUTPUTS)
        axes = (_BATCH,) if compounds_only else (_BATCH, _ELEMENTS)
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

"""Fitted boosted trees, which predict by the C interface of LightGBM's library.

The Python package of LightGBM imports scikit-learn and SciPy, which takes longer than a prediction.
It makes the same calls of the library (LightGBM, C API: `LGBM_BoosterLoadModelFromString`,
`LGBM_BoosterPredictForMat`), so that the predictions are equal to the last bit.
"""

from __future__ import annotations

import ctypes
import json
import weakref
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_int32, c_int64, c_void_p
from dataclasses import asdict
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.data.scaling import Scaler
from fusionnas.errors import BundleError, RunError

FILE, SCALING = "lightgbm.txt", "scaling.json"
# of the C interface: numbers of type double, rows one after the other, the usual prediction
_DOUBLE, _BY_ROWS, _NORMAL = 1, 1, 0
_FIRST, _ALL_TREES = 0, -1
NEEDS_OPENMP = (
    "It needs the OpenMP runtime of the system (package libgomp1 of Debian and Ubuntu, libgomp of "
    "Fedora, libomp of Homebrew)."
)


class BoostedModel:
    """Trees as LightGBM's text, and the scaling of the target.

    Args:
        text: the model, as LightGBM writes it.
        scaler: scaler of the target.

    Raises:
        ValueError: the text is no model. RunError: LightGBM's library cannot be loaded.
    """

    def __init__(self, text: str, scaler: Scaler) -> None:
        self.text = text
        self.scaler = scaler
        handle, rounds = c_void_p(), c_int()
        _call("BoosterLoadModelFromString", text.encode(), byref(rounds), byref(handle))
        self._handle = handle
        weakref.finalize(self, _call, "BoosterFree", handle)
        self.trees = rounds.value  # for several classes, rounds of one tree for each
        self.outputs = self._number("BoosterGetNumClasses")
        self.features = self._number("BoosterGetNumFeature")

    def __reduce__(self) -> tuple[Any, ...]:
        return BoostedModel, (self.text, self.scaler)

    @classmethod
    def read(cls, folder: Path) -> BoostedModel:
        """Read it from a folder; raises BundleError if it cannot be read."""
        try:
            text = (folder / FILE).read_text(encoding="utf-8")
            scaling = json.loads((folder / SCALING).read_text(encoding="utf-8"))
            return cls(text, Scaler.from_plain(scaling))
        except (OSError, ValueError, TypeError, KeyError) as e:
            raise BundleError(f"{folder} cannot be read as a LightGBM model: {e}") from e

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Predictions (N,) for features (N, F), in the unit of the target; (N, K) of K classes."""
        rows = np.ascontiguousarray(features, dtype=np.float64)
        count, width = rows.shape
        if width != self.features:
            raise ValueError(f"{width} features were given, and the model reads {self.features}")
        found, length = np.empty(count * self.outputs), c_int64()
        _call(
            "BoosterPredictForMat",
            self._handle,
            rows.ctypes.data_as(c_void_p),
            c_int(_DOUBLE),
            c_int32(count),
            c_int32(width),
            c_int(_BY_ROWS),
            c_int(_NORMAL),
            c_int(_FIRST),
            c_int(_ALL_TREES),
            b"num_threads=1",
            byref(length),
            found.ctypes.data_as(POINTER(c_double)),
        )
        if self.outputs == 1:
            return self.scaler.restore(found)
        return self.scaler.restore(found.reshape(count, self.outputs))

    def spread(self, features: np.ndarray) -> np.ndarray:
        """Equal for all rows, (N,) or (N, K): trees that are parts of a sum give no uncertainty."""
        count = len(features)
        return np.ones(count) if self.outputs == 1 else np.ones((count, self.outputs))

    def write(self, folder: Path) -> None:
        """Write LightGBM's text and the scaling of the target into a folder."""
        (folder / FILE).write_text(self.text, encoding="utf-8")
        (folder / SCALING).write_text(json.dumps(asdict(self.scaler)), encoding="utf-8")

    def _number(self, name: str) -> int:
        found = c_int()
        _call(name, self._handle, byref(found))
        return found.value


@cache
def _library() -> ctypes.CDLL:
    """LightGBM's library; raises RunError if it cannot be loaded."""
    package = find_spec("lightgbm")  # found, and not imported
    folder = Path("lightgbm" if package is None else str(package.origin)).parent
    files = [
        file
        for kind in ("so", "dylib", "dll")
        for file in sorted(folder.glob(f"*/lib_lightgbm.{kind}"))
    ]
    try:
        library = ctypes.CDLL(str(files[0]))
    except (IndexError, OSError) as e:
        raise RunError(f"LightGBM cannot be loaded: {e}. {NEEDS_OPENMP}") from e
    library.LGBM_GetLastError.restype = c_char_p
    return library


def _call(name: str, *given: Any) -> None:
    """Call a function of the library; raises ValueError with its message if it fails."""
    library = _library()
    if getattr(library, f"LGBM_{name}")(*given) != 0:
        raise ValueError(library.LGBM_GetLastError().decode(errors="replace"))

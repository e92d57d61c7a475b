"""A trained network in formats that other software reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fusionnas.data.table import CompositionTable
from fusionnas.errors import OptionError, did_you_mean
from fusionnas.models.bundle import Bundle


@dataclass(frozen=True, slots=True)
class Format:
    """A format in which a network can be written."""

    name: str
    module: str  # its function `write(folder, bundle, out, rows)` writes and checks
    needs: tuple[str, ...]  # packages beside those that are always installed
    extra: str  # extra of this package that installs them

    def check_installed(self) -> None:
        """Raise OptionError, with the command to run, if a package is missing."""
        missing = [name for name in self.needs if find_spec(name) is None]
        if missing:
            raise OptionError(
                f"--format {self.name} needs {', '.join(missing)}; "
                f'run: pip install "fusionnas[{self.extra}]"'
            )

    def write(
        self, folder: Path, bundle: Bundle, out: Path, rows: CompositionTable | None = None
    ) -> Mapping[str, Any]:
        """Write the network into `out`, an empty folder, and check what was written.

        Args:
            folder: folder of the bundle.
            bundle: the bundle that `load_bundle` reads there.
            out: folder of the model.
            rows: compounds to check it on, besides made-up ones; such as the test part.

        Returns:
            The result of the check, for the manifest.

        Raises:
            ExportError: a component cannot be written in this format, or the copy predicts other
                values.
        """
        writer: Callable[..., Mapping[str, Any]] = import_module(self.module).write
        return writer(folder, bundle, out, rows)


FORMATS = {
    row.name: row
    for row in (
        Format(
            "onnx",
            "fusionnas.models.formats.onnx_model",
            ("onnx", "onnxscript", "onnxruntime"),
            "onnx",
        ),
        Format("torch", "fusionnas.models.formats.torch_program", (), ""),
        Format("mlflow", "fusionnas.models.formats.mlflow_model", ("mlflow",), ""),
    )
}


def find_format(name: str) -> Format:
    """The format with that name, with all that it needs; otherwise raises OptionError."""
    if name not in FORMATS:
        raise OptionError(
            f"There is no format '{name}'; {did_you_mean(name, ['bundle', *FORMATS])}"
        )
    FORMATS[name].check_installed()
    return FORMATS[name]

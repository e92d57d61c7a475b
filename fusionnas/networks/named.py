"""The named architectures: published networks, each as a YAML file in the package."""

from __future__ import annotations

from fusionnas.errors import ArchitectureError
from fusionnas.files.yaml_file import read_yaml, resolve, shipped
from fusionnas.networks.architecture import Architecture


def architecture_names() -> list[str]:
    return list(shipped("architectures"))


def published_errors(name: str) -> dict[str, float]:
    """Published test MAE of a named architecture, by data set: eV or eV/atom."""
    path = resolve(name, "architectures", "architecture", ArchitectureError)
    return dict(read_yaml(path, ArchitectureError).get("published", {}))


def load_architecture(name: str) -> Architecture:
    """The named architecture, or the one in the YAML file at that path.

    Raises:
        ArchitectureError: there is no such name, the YAML is malformed, or a field does not exist.
    """
    path = resolve(name, "architectures", "architecture", ArchitectureError)
    try:
        return Architecture.from_dict(read_yaml(path, ArchitectureError))
    except ArchitectureError as e:
        if path.name in str(e):
            raise
        raise ArchitectureError(f"{path.name}: {e}") from e

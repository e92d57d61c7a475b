"""What the trainings of the table have in common, read from protocol.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fusionnas.errors import OptionError
from fusionnas.files.yaml_file import read_yaml

FILE = Path(__file__).parent / "protocol.yaml"


@dataclass(frozen=True, slots=True)
class Protocol:
    sets: tuple[str, ...]
    training_rows: int
    validation_rows: int
    test_rows: int
    recipe: str
    epochs: int
    rungs: tuple[int, ...]
    probe: str

    @classmethod
    def read(cls) -> Protocol:
        plain = dict(read_yaml(FILE, OptionError))
        del plain["references"]  # the product's own, written there for readers
        plain |= {name: tuple(plain[name]) for name in ("sets", "rungs")}
        return cls(**plain)

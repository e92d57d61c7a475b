"""YAML files with line numbers: those of the package, and those of a user."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from fusionnas.errors import InputError, did_you_mean
from fusionnas.files.atomic import whole_text


def shipped(folder: str) -> dict[str, Path]:
    """The YAML files of a folder of the package (`search_spaces`, `architectures`) by name.

    A wheel has the folder inside the package; a checkout has it next to the package.
    """
    package = Path(__file__).parents[1]
    for place in (package / folder, package.parent / folder):
        if place.is_dir():
            return {path.stem: path for path in sorted(place.glob("*.yaml"))}
    raise FileNotFoundError(f"the installation lacks its folder '{folder}'")


def resolve(name: str, folder: str, what: str, error: type[InputError]) -> Path:
    """The file for `name`, which is a path or the name of a file of the package."""
    if name.endswith((".yaml", ".yml")):
        if not Path(name).is_file():
            raise error(f"{what} '{name}': there is no such file.")
        return Path(name)
    known = shipped(folder)
    if name not in known:
        raise error(
            f"There is no {what} '{name}'; {did_you_mean(name, known)} "
            "Give your own file as a path that ends in .yaml."
        )
    return known[name]


def read_yaml(path: Path, error: type[InputError]) -> Mapping[str, Any]:
    """The mapping in a YAML file; `line_of` finds its lines.

    Raises:
        error: the file is unreadable, malformed (with the line), or not a mapping.
    """
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        plain = _parsed(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        where = f", line {mark.line + 1}" if mark is not None else ""
        raise error(f"{path.name}{where}: malformed YAML: {e.problem or e.context}.") from e
    except (OSError, UnicodeDecodeError, YAMLError) as e:
        raise error(f"{path}: cannot be read as YAML: {e}") from e
    if not isinstance(plain, Mapping):
        raise error(f"{path.name}: must be a mapping of fields, but holds {plain!r}.")
    return plain


@lru_cache(maxsize=64)
def _parsed(text: str) -> Any:
    """The content of a YAML text, only to be read; a study's facts are asked for many times."""
    from ruamel.yaml import YAML

    return YAML(typ="rt").load(text)


def plain_scalar(value: Any) -> Any:
    """A scalar of `read_yaml` as a plain Python type, without its YAML notation."""
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def write_yaml(path: Path, plain: Mapping[str, Any]) -> None:
    """Write a mapping of plain data atomically."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 100
    with whole_text(path) as file:
        yaml.dump(dict(plain), file)


def line_of(plain: Any, keys: tuple[str | int, ...]) -> int | None:
    """The line (from 1) of a nested key in `read_yaml`'s result, or of its nearest parent."""
    line = None
    for key in keys:
        marks = getattr(plain, "lc", None)
        try:
            line = (marks.item(key) if isinstance(key, int) else marks.key(key))[0] + 1  # type: ignore[union-attr]
            plain = plain[key]
        except (KeyError, TypeError, IndexError, AttributeError):
            break
    return line

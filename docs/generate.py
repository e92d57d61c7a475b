"""Write docs/components.md and docs/architectures.md: `python docs/generate.py`, or `--check`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from fusionnas.data.element_vectors import element_vectors
from fusionnas.networks.architecture import Architecture, ComponentSpec, Stage
from fusionnas.networks.components import Choice, Component, OneOrSeveral, rows
from fusionnas.networks.line import line
from fusionnas.networks.named import architecture_names, load_architecture, published_errors
from fusionnas.networks.network import Network, build

HERE = Path(__file__).parent
WIDTH = 128  # of the parameter counts of components
DIAGRAM = """```mermaid
flowchart LR
    F[formula] --> E["embedding<br>element vector + fraction"]
    E --> G["global stages<br>component, attention, residual"]
    G --> L["local stages<br>component"]
    L --> P[pooling] --> R["readout<br>contributions, uncertainty"]
    P -. element feature matrix .-> C[CECV]
    G -. skip fusion: added at the end .-> P
    E -. parallel fusion .-> L
```"""
FAMILY_WORDS = {
    "embedding": "Turns elements and fractions into the first features.",
    "global": "Global components see the whole formula at once.",
    "local": "Local components see neighbouring elements.",
    "attention": "Attention can follow a global component.",
    "residual": "A residual connection joins the input of a stage to its output.",
    "fusion": "Fusion joins global and local components.",
    "pooling": "Pooling is over elements or channels, with stride 1.",
    "descriptor": "A descriptor of the whole formula is added to the features before the readout.",
    "condition": "Where conditions beside the formula enter, such as a temperature "
    "([conditions](conditions.md)).",
    "readout": "The readout gives the contribution of each element and the uncertainty.",
    "output": "An output is for targets with a spike or long tails, and is fitted to these.",
}


def components_page() -> str:
    return "\n".join(_components()) + "\n"


def architectures_page() -> str:
    return "\n".join(_architectures()) + "\n"


def _components() -> Iterator[str]:
    yield "# Components\n"
    yield "`python docs/generate.py` writes this page from the registry. Size is the number of"
    yield f"parameters at width {WIDTH} with the defaults. *Order-free* components do not read the"
    yield "element order.\n"
    yield DIAGRAM
    family = ""
    for row in rows():
        if row.family != family:
            family = row.family
            yield f"\n## {family}\n\n{FAMILY_WORDS[family]}\n"
            yield "| kind | what it does | choices, default first | size | order-free | source |"
            yield "|---|---|---|---:|---|---|"
        choices = "<br>".join(_choices(row)) or "–"
        free = "yes" if row.equivariant else "no"
        yield (
            f"| `{row.kind}` | {row.summary} | {choices} | {_parameters(row):,} | {free} | "
            f"{row.source} |"
        )


def _choices(row: Component) -> Iterator[str]:
    for parameter in row.parameters.values():
        domain = parameter.domain
        if isinstance(domain, Choice):
            others = [str(v) for v in domain.options if v != parameter.default]
            if isinstance(domain, OneOrSeveral):
                others.append(f"or several, as {domain.joint.join(domain.joinable[:3])}")
            yield f"`{parameter.name}`: {parameter.default}, {', '.join(others)}"
        else:
            step = f" in steps of {domain.step}" if domain.step > 1 else ""
            yield f"`{parameter.name}`: {parameter.default}, {domain.low} to {domain.high}{step}"


def _parameters(row: Component) -> int:
    """Parameters that the component has by itself."""
    own = ComponentSpec(row.kind)
    lstm, cnn = Stage(ComponentSpec("lstm")), Stage(ComponentSpec("cnn"))
    match row.family:
        case "global":
            module = _network(Architecture(WIDTH, (Stage(own),))).global_stages
        case "local":
            module = _network(Architecture(WIDTH, (), (Stage(own),))).local_stages
        case "attention" | "residual":
            stage = replace(lstm, **{row.family: own})
            module = getattr(_network(Architecture(WIDTH, (stage,))).global_stages[0], row.family)
        case family:
            given: dict[str, Any] = {family: own}
            architecture = Architecture(WIDTH, (lstm,), (cnn,), **given)
            module = getattr(_network(architecture), family)
    return sum(p.numel() for p in module.parameters())


def _network(architecture: Architecture) -> Network:
    return build(architecture, element_vectors(architecture.element_vectors), seed=0)


def _architectures() -> Iterator[str]:
    yield "# Named architectures\n"
    yield "`python docs/generate.py` writes this page from `architectures/*.yaml`. In the column"
    yield "*network*, `LSTM > DCNN(k3, 2B) · w512` means an LSTM, then a deep convolution of kernel"
    yield "3 with two residual blocks, 512 channels wide. Trainable parameters are counted at the"
    yield "width of the file, 512 for the published networks. Errors are published test MAEs, in eV"
    yield "for band gaps and eV/atom for the rest; the errors measured here are in"
    yield "[measured-architectures.md](measured-architectures.md).\n"
    yield DIAGRAM + "\n"
    yield "| name | network | parameters | published test MAE | about |"
    yield "|---|---|---:|---|---|"
    for name in architecture_names():
        architecture = load_architecture(name)
        published = "<br>".join(f"{data} {mae}" for data, mae in published_errors(name).items())
        yield (
            f"| `{name}` | {line(architecture).replace('|', '·')} | "
            f"{_network(architecture).parameter_count:,} | {published or '–'} | "
            f"{architecture.about} |"
        )


PAGES = {"components.md": components_page, "architectures.md": architectures_page}


def main() -> None:
    stale = []
    for name, make in PAGES.items():
        path = HERE / name
        if "--check" not in sys.argv:
            path.write_text(make(), encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != make():
            stale.append(name)
    if stale:
        sys.exit(f"docs/{' and docs/'.join(stale)} are out of date: run python docs/generate.py")


if __name__ == "__main__":
    main()

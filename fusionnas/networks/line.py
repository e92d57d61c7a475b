"""An architecture in one readable line: `LSTM +soft > GRU > DCNN(k3, 2B) | max | w128`."""

from __future__ import annotations

from fusionnas.networks.architecture import Architecture, ComponentSpec, Stage
from fusionnas.networks.canonical import canonical
from fusionnas.networks.components.registry import lookup

# parameters that are always shown, with their format; others are shown if they are not the default
_SHORT = {"kernel": "k{}", "blocks": "{}B", "heads": "{} heads"}


def line(architecture: Architecture) -> str:
    """The canonical architecture: global > local stages, fusion and pooling if any, width."""
    a = canonical(architecture)
    global_ = " > ".join(_stage("global", stage) for stage in a.global_stages)
    local = " > ".join(_stage("local", stage) for stage in a.local_stages)
    if a.global_stages and a.local_stages and a.fusion.kind == "parallel":
        trunk = f"({global_} || {local}, {a.fusion['join']})"
    else:
        trunk = " > ".join(part for part in (global_, local) if part)
        trunk += " (skip)" if a.fusion.kind == "skip" else ""
    singles = (
        ("pooling", a.pooling),
        ("descriptor", a.descriptor),
        ("readout", a.readout),
        ("output", a.output),
        ("condition", a.condition),
    )
    extras = [
        _component(family, spec)
        for family, spec in singles
        if spec != lookup(family, _USUAL[family]).spec(ComponentSpec(_USUAL[family]), "", a.width)
    ]
    extras += ["shared attention"] if a.shared_attention else []
    extras += [f"dropout {a.dropout:g}"] if a.dropout else []
    if a.element_vectors != "mat2vec":
        extras.append(a.element_vectors)
    if a.embedding.kind == "smooth_fraction":
        extras.append(f"waves {a.embedding['wavelength']:g}")
    elif a.embedding["resolution"] not in _PUBLISHED_STEPS:
        extras.append(f"{a.embedding['resolution']} steps")
    return " | ".join([trunk, *extras, f"w{a.width}"])


_PUBLISHED_STEPS = (2000, 5000)  # steps of the fraction in Du et al. and in CrabNet; not shown
_USUAL = {
    "pooling": "none",
    "descriptor": "none",
    "readout": "gated_mean",
    "output": "none",
    "condition": "none",
}


def _stage(family: str, stage: Stage) -> str:
    text = _component(family, stage.component, stage.component.kind.upper().replace("_", "-"))
    if stage.attention.kind != "none":
        text += f" +{_component('attention', stage.attention)}"
    if stage.residual.kind != "none":
        text += f" +{_component('residual', stage.residual, stage.residual.kind + ' residual')}"
    return text


def _component(family: str, spec: ComponentSpec, label: str = "") -> str:
    row = lookup(family, spec.kind)
    if family == "condition":  # its parameter is a fact about the data
        return f"conditions at {spec.kind}"
    told = []
    for name, parameter in row.parameters.items():
        value = spec.get(name, parameter.default)
        if name in _SHORT:
            told.append(_SHORT[name].format(value))
        elif value != parameter.default:
            told.append(f"{name}={value}")
    label = label or spec.kind
    return f"{label}({', '.join(told)})" if told else label

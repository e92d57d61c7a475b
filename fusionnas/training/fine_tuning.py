"""The learning rate of each part of a network that starts from trained weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fusionnas.errors import OptionError, did_you_mean
from fusionnas.networks.network import PARTS, Network

ALL = "all"


def parse_rates(freeze: str | None, layer_rates: str | None) -> dict[str, float]:
    """Factors of the learning rate by part; 0 means frozen, and a factor of 1 is left out.

    Args:
        freeze: parts separated by commas, such as `embedding,global`.
        layer_rates: `part=factor` separated by commas, such as `all=0.1,readout=1`; `all` means all
            parts that are not named.

    Raises:
        OptionError: there is no such part, a factor is not a number of at least 0, a frozen part
            has a rate, or nothing is left to train.
    """
    given: dict[str, float] = {}
    for text in _listed(layer_rates):
        part, _, factor = (word.strip() for word in text.partition("="))
        try:
            rate = float(factor)
        except ValueError as e:
            raise OptionError(
                f"--layer-rates needs part=factor, such as global=0.1, but got '{text}'."
            ) from e
        if not 0 <= rate < float("inf"):
            raise OptionError(
                f"A factor of --layer-rates must be finite and not negative, but got '{text}'."
            )
        given[_part(part, "--layer-rates", [ALL, *PARTS])] = rate
    frozen = [_part(part, "--freeze", list(PARTS)) for part in _listed(freeze)]
    for part in frozen:
        if part in given:
            raise OptionError(f"'{part}' is frozen (--freeze) and has a rate (--layer-rates).")
    common = given.get(ALL, 1.0)
    rates = {part: 0.0 if part in frozen else given.get(part, common) for part in PARTS}
    if not any(rates.values()):
        raise OptionError("All parts are frozen, so that nothing is left to train.")
    return {part: rate for part, rate in rates.items() if rate != 1}


def freeze(network: Network, rates: Mapping[str, float]) -> None:
    """Exclude the parts with rate 0 from the training: no gradient and no weight decay.

    Raises:
        OptionError: the remaining parts have no weights in this network.
    """
    for part, modules in PARTS.items():
        if rates.get(part, 1.0) == 0:
            for name in modules:
                getattr(network, name).requires_grad_(False)
    if not network.parameter_count:
        left = ", ".join(part for part in PARTS if rates.get(part, 1.0))
        raise OptionError(
            f"Nothing is left to train: the parts that are not frozen have no weights ({left})."
        )


def _listed(text: str | None) -> Sequence[str]:
    return [one.strip() for one in (text or "").split(",") if one.strip()]


def _part(name: str, option: str, known: list[str]) -> str:
    if name not in known:
        raise OptionError(f"{option}: there is no part '{name}'; {did_you_mean(name, known)}")
    return name

"""`fusionnas datasets`, `spaces` and `architectures`."""

from __future__ import annotations

from typing import Annotated

import typer

from fusionnas.cli.options import JsonOption


def datasets(as_json: JsonOption = False) -> None:
    """List the data sets that have a name."""
    from dataclasses import asdict

    from fusionnas.data.sources import list_datasets
    from fusionnas.terminal.output import print_json

    cards = list_datasets()
    if as_json:
        print_json([asdict(card) for card in cards])
        return
    from fusionnas.terminal.lists import print_datasets

    print_datasets(cards)


def spaces(name: Annotated[str | None, typer.Argument(help="A space to show.")] = None) -> None:
    """List the search spaces, or show one."""
    from fusionnas.terminal.lists import print_space, print_spaces

    print_spaces() if name is None else print_space(name)


def architectures(
    name: Annotated[str | None, typer.Argument(help="An architecture to show.")] = None,
) -> None:
    """List the named architectures, or show one."""
    from fusionnas.terminal.lists import print_architecture, print_architectures

    print_architectures() if name is None else print_architecture(name)

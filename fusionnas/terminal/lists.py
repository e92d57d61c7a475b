"""What `datasets`, `spaces` and `architectures` print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text
from rich.tree import Tree

from fusionnas.data.sources import DatasetCard
from fusionnas.files.yaml_file import shipped
from fusionnas.networks.named import architecture_names, load_architecture, published_errors
from fusionnas.terminal.console import plain_console, say
from fusionnas.terminal.tables import FittingTable

if TYPE_CHECKING:
    from fusionnas.search_space.space import ComponentChoice, Domain

SAMPLES = 5
TERNARY = "SrTiO3"  # of which the shapes are shown


def print_datasets(cards: Sequence[DatasetCard]) -> None:
    table = FittingTable()
    table.add_column("name", folds=True)
    table.add_column("rows", keep=2)
    table.add_column("compositions", keep=3)
    table.add_column("unit", right=False, keep=1)
    table.add_column("target", folds=True)
    for place, card in enumerate(cards):
        compositions = f"{card.compositions:,}" if card.compositions else "–"
        name = f"{card.name} (default)" if place == 0 else card.name
        table.add_row(name, f"{card.rows:,}", compositions, card.unit, card.target)
    console = plain_console()
    console.print(table)
    console.print()
    for source, licence in dict.fromkeys((card.source, card.licence) for card in cards):
        say(console, f"{source}. Licence: {licence}.")
    console.print("Matbench tasks are fetched by matminer when they are first used.")


def print_spaces() -> None:
    from fusionnas.search_space.space_file import load_space

    console = plain_console()
    for name in shipped("search_spaces"):
        space = load_space(name)
        about = f"  {space.size:,} architectures. {space.about}"
        console.print(Text.assemble((name, "bold"), about))


def print_space(name: str) -> None:
    """The choices as a tree, their number, and a few random architectures."""
    import optuna

    from fusionnas.networks.line import line
    from fusionnas.search_space.space_file import load_space

    space = load_space(name)
    tree = Tree(Text.assemble((space.name, "bold"), f"  {space.about}"))
    tree.add(f"width: {_words(space.width)}")
    tree.add(f"dropout: {_words(space.dropout)}")
    tree.add("global + local components: " + ", ".join(f"{g}+{k}" for g, k in space.shapes))
    for field, choice in space.choices().items():
        _add(tree.add(field), choice)
    if space.warm_start is not None:
        tree.add("first trials: " + ", ".join(space.warm_start))
    console = plain_console()
    console.print(tree)
    console.print(f"{space.size:,} distinct architectures, for example:")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(SAMPLES):
        say(console, f"  {line(space.suggest(study.ask()))}")


def print_architectures() -> None:
    console = plain_console()
    for name in architecture_names():
        about = load_architecture(name).about
        say(console, Text.assemble((name, "bold"), f"  {about}"))


def print_architecture(name: str) -> None:
    """The modules of an architecture with their output shapes and parameters."""
    import torch

    from fusionnas.data.composition import parse_formula
    from fusionnas.data.element_vectors import element_vectors
    from fusionnas.networks.inputs import Inputs
    from fusionnas.networks.line import line
    from fusionnas.networks.network import build

    architecture = load_architecture(name)
    network = build(architecture, element_vectors(architecture.element_vectors), seed=0)
    shapes: dict[str, str] = {}

    def note(path: str, output: Any) -> None:
        if isinstance(output, torch.Tensor):
            shapes[path] = " × ".join(["B", *map(str, output.shape[1:])])

    for path, module in network.named_modules():
        module.register_forward_hook(lambda module, given, output, path=path: note(path, output))
    network(Inputs.of(parse_formula(TERNARY)))
    table = FittingTable()
    table.add_column("module", folds=True)
    table.add_column("output for three elements", right=False, keep=1)
    table.add_column("parameters")
    for path, module in network.named_modules():
        if path.count(".") <= 2 and path:
            own = sum(p.numel() for p in module.parameters())
            table.add_row(path, shapes.get(path, ""), f"{own:,}")
    console = plain_console()
    title = Text.assemble((line(architecture), "bold"), f"\n{architecture.about}")
    say(console, title)
    console.print(table)
    console.print(f"{network.parameter_count:,} trainable parameters")
    for data, error in published_errors(name).items():
        console.print(f"published test MAE on {data}: {error}")


def _add(tree: Tree, choice: ComponentChoice) -> None:
    for kind, parameters in choice.kinds.items():
        told = "; ".join(f"{name} {_words(domain)}" for name, domain in parameters.items())
        tree.add(f"{kind}: {told}" if told else kind)


def _words(domain: Domain) -> str:
    from fusionnas.search_space.space import Span

    if isinstance(domain, Span) and len(domain) > 1:
        step = f" in steps of {domain.step}" if domain.step > 1 else ""
        return f"{domain.low} to {domain.high}{step}"
    return " or ".join(map(str, domain.values))

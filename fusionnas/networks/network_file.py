"""A network on disk: its architecture as YAML, its weights as safetensors. No pickle."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_model, save_model

from fusionnas.errors import BundleError, FusionNASError
from fusionnas.files.atomic import sync
from fusionnas.files.yaml_file import read_yaml, write_yaml
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.file_names import ARCHITECTURE, WEIGHTS
from fusionnas.networks.network import Network, build


def write_network(folder: Path, network: Network) -> None:
    """Write a network's architecture and weights as files, synced to the disk.

    Raises:
        OSError: the folder cannot be written, for example because no space is left.
    """
    write_yaml(folder / ARCHITECTURE, network.architecture.to_dict())
    try:
        save_model(network, str(folder / WEIGHTS))
    except SafetensorError as e:  # raised for an OSError
        raise _as_os_error(e, folder / WEIGHTS) from e
    shutil.copymode(folder / ARCHITECTURE, folder / WEIGHTS)  # not for their owner only
    for name in (ARCHITECTURE, WEIGHTS):
        sync(folder / name)


def _as_os_error(error: SafetensorError, path: Path) -> OSError:
    """The operating system's error whose number is in the text."""
    number = re.search(r"os error (\d+)", str(error))
    if number is None:
        return OSError(f"{error}: '{path}'")
    return OSError(int(number[1]), os.strerror(int(number[1])), str(path))


def read_network(folder: Path) -> Network:
    """Read the network in `folder`, onto the CPU.

    Raises:
        BundleError: a file is missing or damaged.
    """
    try:
        architecture = Architecture.from_dict(read_yaml(folder / ARCHITECTURE, BundleError))
        with safe_open(str(folder / WEIGHTS), framework="numpy") as weights:
            shape = weights.get_slice("embedding.vectors").get_shape()
        network = build(architecture, np.zeros(shape), seed=0)
        load_model(network, str(folder / WEIGHTS))
    except (OSError, SafetensorError, RuntimeError, FusionNASError) as e:
        raise BundleError(f"The network in {folder} cannot be read: {e}") from e
    return network

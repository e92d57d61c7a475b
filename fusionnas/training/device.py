"""The device on which networks are trained and predict."""

from __future__ import annotations

import torch

from fusionnas.errors import OptionError


def pick_device(name: torch.device | str | None = None) -> torch.device:
    """The device of that name; without a name a GPU if there is one, otherwise the CPU.

    On a GPU, the recurrences of cuDNN are then in float32 like everything else, not in TF32.

    Raises:
        OptionError: there is no such device, or it cannot be used.
    """
    try:
        device = torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))
        if device.type not in ("cpu", "cuda"):
            raise RuntimeError("networks run on cpu and cuda")
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as e:  # torch raises either of these
        why = str(e).splitlines()[0]
        raise OptionError(f"The device '{name}' cannot be used: {why}") from e
    if device.type == "cuda":
        torch.backends.cudnn.allow_tf32 = False
    return device

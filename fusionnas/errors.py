"""Every error that a user can cause, in one tree.

The command line prints the message of a `FusionNASError` without a traceback, and ends with the
error's `exit_code`: 2 if the input was wrong, 1 if a run failed. So a message says what was wrong,
where, and what to do. Our own mistakes are `assert` or a plain Python exception and keep their
traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class FusionNASError(Exception):
    """The root of all errors raised on purpose."""

    exit_code = 1


class InputError(FusionNASError, ValueError):
    """Something that the user gave is wrong; nothing was started or overwritten.

    It is also a ValueError, because scikit-learn and its users catch those.
    """

    exit_code = 2


class DataError(InputError):
    """A data source that cannot be read or used: missing file, column, target, too few rows."""


class FormulaError(DataError):
    """A text that is not a chemical formula, or that could be read in more than one way."""


class ElementError(DataError):
    """An element without a vector in the chosen element vectors."""


class ArchitectureError(InputError):
    """An architecture that cannot be built: unknown component, parameter out of range."""


class SearchSpaceError(InputError):
    """A search space whose YAML is malformed or contradicts itself."""


class OptionError(InputError):
    """An option value that is not offered."""


class StudyError(InputError):
    """A study that is missing, already exists, or has changed since it was started."""


class ViewError(InputError):
    """A view of a study that is not known, or for which the study has no data."""


class BundleError(InputError):
    """A bundle that is incomplete, damaged or of another version."""


class CECVError(InputError):
    """Element feature matrices, probes or vectors that cannot be clustered or compared."""


class RunError(FusionNASError):
    """A run that failed although its input was correct."""


class TrainingFailed(RunError):
    """A training that ended without a usable network, for example by a non-finite loss."""


class ExportError(RunError):
    """A network that cannot be written in a format, or predicts other values in it."""


class StorageError(RunError):
    """A study folder or database that could no longer be written: a full disk, a lost server."""


class SearchFailed(RunError):
    """A search that ended without a single finished trial."""


class SearchStopped(SearchFailed):
    """A search that was interrupted before it had found a network."""

    exit_code = 130  # the usual exit code of an interrupted process


class DataWarning(UserWarning):
    """Something in the data that a user should check; the command line prints the message."""


NO_DATA = "says how --data is read, and there is no --data"


def without_effect(option: str, why: str) -> OptionError:
    """The error about an option that would have no effect; `why` follows its name."""
    return OptionError(f"{option} {why}; leave it out.")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A phrase that suggests the nearest known name, or lists all if none is near."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(names)}."

"""The meaning of an operating system error for a user, and the remedy."""

from __future__ import annotations

import errno
import os
import re
import shutil

# by error number: the cause, with {} for the file, and what to do
_CAUSES = {
    errno.ENOSPC: ("no space is left for {}", "Make room there."),
    errno.EDQUOT: (
        "the quota of disk space is used up, so {} cannot be written",
        "Make room there, or ask for a larger quota.",
    ),
    errno.EFBIG: ("{} is larger than the allowed file size", "Raise the limit (ulimit -f)."),
    errno.EACCES: (
        "this user has no permission for {}",
        "Change the permissions, or name another place.",
    ),
    errno.EROFS: ("{} is on a read-only file system", "Name another place."),
    errno.ENOENT: (
        "{}, or a folder above it, does not exist",
        "Make the folder, or name another place.",
    ),
    errno.ENOTDIR: ("a part of the path {} is not a folder", "Name another place."),
    errno.EISDIR: ("{} is a folder, but a file is needed", "Name a file."),
    errno.EEXIST: ("{} already exists", "Name another place, or remove it."),
    errno.ENAMETOOLONG: ("the path {} is too long", "Choose shorter names."),
    errno.ELOOP: ("the symbolic link {} leads back to itself", "Remove the link."),
    errno.EMFILE: (
        "too many files are open, so {} cannot be opened",
        "Raise the limit (ulimit -n), or run fewer trainings at a time (--workers).",
    ),
    errno.ENFILE: (
        "the machine has too many files open, so {} cannot be opened",
        "Run fewer trainings at a time (--workers).",
    ),
    errno.EIO: ("the disk reports an error at {}", "Check the disk, or name another place."),
    errno.ESTALE: ("the connection to the network drive of {} was lost", "Mount it again."),
    errno.ETIMEDOUT: ("{} does not answer", "Check the network or its drive."),
    errno.ENXIO: ("no process reads from {}", "Start its reader first, or name a file."),
    errno.EPIPE: ("the reader of {} is gone", "Start the reader again, or name a file."),
    errno.ENOMEM: ("no memory is left ({})", "Run fewer trainings at a time (--workers)."),
    errno.EAGAIN: (
        "no more processes or threads can be started ({})",
        "Raise the limit (ulimit -u), or run fewer trainings at a time (--workers).",
    ),
}
_CAUSES[errno.EPERM] = _CAUSES[errno.EACCES]


def cause_of(error: OSError) -> str:
    """What happened and what to do, as two sentences; the first begins with a small letter.

    For an unknown error it is the system's own message.
    """
    if isinstance(error, shutil.Error):
        error = _first_of(error)
    if error.errno not in _CAUSES:
        return f"{_own_words(error)}."
    what, to_do = _CAUSES[error.errno]
    names = (error.filename, error.filename2)
    shown = " or ".join(os.fsdecode(name) for name in names if isinstance(name, str | bytes))
    return f"{what.format(shown or 'a file')}. {to_do}"


def _first_of(error: shutil.Error) -> OSError:
    """The first error of a failed copy of a folder; shutil gives them as text."""
    _, target, why = error.args[0][0]
    number = re.search(r"\[Errno (\d+)\]", str(why))
    if number is None:
        return OSError(str(why))
    return OSError(int(number[1]), os.strerror(int(number[1])), str(target))


def _own_words(error: OSError) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__

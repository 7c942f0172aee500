"""The errors a person may read.

    AppError                 its text is shown to the person as it stands
    ├── PhotoError           a file, folder or data set
    ├── ConfigError          a setting out of its limits, an unknown key
    ├── RunError             a run or job: missing, locked, in the wrong state
    └── ModelError           a network that cannot be built, loaded or used
        └── NotANumberError  its loss or its answers are no longer numbers

Every text gives the rule, the value received and the next step. Any other exception is a bug of
ours: it keeps its traceback (worker.log, the server's stderr) and the person gets one calm sentence.
"""

from typing import Any


class AppError(Exception):
    """Something a person can put right; ``str(error)`` is written for them.

    ``code`` says the same to programs where one has to decide by it; "" elsewhere.
    """

    code = ""


class PhotoError(AppError):
    """A photo, folder or data set cannot be used as it is.

    Args:
        message: the sentence for the person.
        issue: the ``core.photos.checks.scan.Issue`` value that names what is wrong, where one file is concerned.
    """

    def __init__(self, message: str, issue: str | None = None):
        super().__init__(message)
        self.issue = issue


class ConfigError(AppError):
    """A setting is unknown or out of its limits.

    Args:
        message: the sentence for the person.
        path: dotted path of the setting, e.g. ``network.blocks.0.filters``; None if several are involved.
        suggestion: the nearest value that works, where there is one.
    """

    def __init__(self, message: str, path: str | None = None, suggestion: Any = None):
        super().__init__(message)
        self.path = path
        self.suggestion = suggestion


class RunError(AppError):
    """A run or job does not exist, is busy, or is in a state that does not allow what was asked."""


class ModelError(AppError):
    """A network cannot be built, loaded or used."""


class NotANumberError(ModelError):
    """A network broke down: its loss or its answers are no longer numbers."""

    code = "not a number"

"""The errors that a user of the detector can meet."""

from __future__ import annotations


class DetectorError(Exception):
    """Base of every error that is raised on purpose; the command line prints it without a traceback.

    Attributes:
        message: What went wrong, in one sentence, naming the file or value at fault.
        hint: What to do about it; empty when the message already says so.
        exit_code: 1 when the work failed, 2 when the request itself was wrong.
    """

    exit_code: int = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(DetectorError):
    """The request itself was wrong: an option, a path, or two that do not go together."""

    exit_code = 2


class ImageError(DetectorError):
    """One image cannot be used; the others of its batch can."""


class DataError(DetectorError):
    """A data set is not what training needs."""


class ModelFileError(DetectorError):
    """A model file is refused: it is damaged, of another kind, or could run code when it is loaded."""


class ExportError(DetectorError):
    """A model cannot be exported, or the export does not answer as the model does."""

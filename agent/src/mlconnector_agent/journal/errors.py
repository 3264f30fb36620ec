"""What can go wrong with the journal itself."""

from mlconnector_shared.errors import ConnectorError

__all__ = ["JournalError", "JournalInUse", "JournalUnavailable", "SchemaUnknown"]


class JournalError(ConnectorError):
    """Root of the journal's errors."""


class JournalInUse(JournalError):
    """Another agent process works with the journal."""


class JournalUnavailable(JournalError):
    """A record could not be made durable: the disk is full or gone, or the journal is closed. Nothing may be posted."""


class SchemaUnknown(JournalError):
    """The journal file was written by a version of the agent that this one does not understand."""

"""What can go wrong with the trail.

TrailError
├── SubjectErased     the subject's key was destroyed: nothing about it can be read or stored
└── Undecryptable     no master key we hold opens it, or it was altered
"""

from mlconnector_shared.errors import ConnectorError

__all__ = ["SubjectErased", "TrailError", "Undecryptable"]


class TrailError(ConnectorError):
    """Something about audit, payloads or keys failed."""


class SubjectErased(TrailError):
    """The subject was erased; its data can neither be read nor stored again.

    Attributes:
        subject: whom it is about.
    """

    def __init__(self, tenant: str, subject: str) -> None:
        super().__init__(f"subject {subject} of tenant {tenant} was erased; nothing about it is kept any more")
        self.subject = subject


class Undecryptable(TrailError):
    """The ciphertext cannot be opened."""

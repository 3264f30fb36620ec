"""How an RFC call can fail, as the rest of the agent sees it."""

from enum import StrEnum

from mlconnector_shared.errors import ConnectorError

__all__ = ["Kind", "RfcError"]


class Kind(StrEnum):
    """Who failed. Only after `application` does the session live on; after every other kind it is gone.

    application: the function module raised an exception. abap_runtime: a dump, or a message nobody caught.
    communication: SAP was not reached, or the connection broke. logon: SAP refused the logon, or the circuit is open.
    library: the RFC library is missing or refused our values. timeout: our deadline passed, the child was killed.
    child_died: the child process ended by itself.
    """

    APPLICATION = "application"
    ABAP_RUNTIME = "abap_runtime"
    COMMUNICATION = "communication"
    LOGON = "logon"
    LIBRARY = "library"
    TIMEOUT = "timeout"
    CHILD_DIED = "child_died"


class RfcError(ConnectorError):
    """An RFC call, a logon or a child process failed.

    Attributes:
        kind: who failed.
        message: SAP's or the library's text, or our sentence.
        code: return code of the RFC library, 0 where the failure is ours.
        key: the exception's, the dump's or our own key.
        msg_class: class of the ABAP message, with `msg_type`, `msg_number` and `variables` (v1 to v4).
    """

    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        code: int = 0,
        key: str = "",
        msg_class: str = "",
        msg_type: str = "",
        msg_number: str = "",
        variables: tuple[str, ...] = (),
    ) -> None:
        super().__init__(f"{kind} {key or code}: {message}")
        self.kind = kind
        self.message = message
        self.code = code
        self.key = key
        self.msg_class = msg_class
        self.msg_type = msg_type
        self.msg_number = msg_number
        self.variables = variables

    @property
    def ends_session(self) -> bool:
        """Tell whether the session, and with it an open LUW, is gone."""
        return self.kind is not Kind.APPLICATION

    @property
    def label(self) -> str:
        """Return kind and key as one short text for the trace."""
        return f"{self.kind}:{self.key or self.code}"

    def renewed(self) -> "RfcError":
        """Return the same failure once more, for somebody else who meets it."""
        return RfcError(
            self.kind,
            self.message,
            code=self.code,
            key=self.key,
            msg_class=self.msg_class,
            msg_type=self.msg_type,
            msg_number=self.msg_number,
            variables=self.variables,
        )

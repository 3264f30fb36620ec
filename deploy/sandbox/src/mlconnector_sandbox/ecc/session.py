"""ABAP sessions: one for each RFC connection, with its open LUW."""

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .books import Document, RowChange, UpdateRequest
from .catalogue import Catalogue
from .frames import is_gone
from .points import Effect, Occurrence
from .scripting import perform
from .system import System
from .users import User

__all__ = ["Session", "Sessions"]


@dataclass(slots=True)
class Session:
    """A user's session. What it posts belongs to its LUW until it commits, rolls back or ends."""

    id: str
    system: System
    user: User
    catalogue: Catalogue
    connection: socket.socket
    language: str = "E"
    since: float = field(default_factory=time.time)
    calls: int = 0
    function: str = ""
    documents: list[Document] = field(default_factory=list)
    changes: list[RowChange] = field(default_factory=list)

    @property
    def gone(self) -> bool:
        """Tell whether the client has ended the connection."""
        return is_gone(self.connection)

    def pass_point(self, point: str, *, table: str = "", references: Iterable[str] = ()) -> Effect | None:
        """Pass a named point: be held, fail as scripted, or learn what an implementation has to do."""
        occurrence = Occurrence(
            point, self.id, self.user.name, self.function, table, tuple(references) or self.references
        )
        return perform(self.system.points.at(occurrence, lambda: self.gone))

    @property
    def references(self) -> tuple[str, ...]:
        """Give the reference document numbers in the open LUW."""
        return tuple(dict.fromkeys([d.reference for d in self.documents] + [c.reference for c in self.changes]))

    def commit(self, *, wait: bool) -> bool:
        """Commit the LUW; False if it waited and the update failed."""
        if not self.documents and not self.changes:
            return True
        request = UpdateRequest(self.user.client, self.user.name, tuple(self.documents), tuple(self.changes))
        references = self.references
        self.documents.clear()
        self.changes.clear()
        requested: Callable[[], Effect | None] = lambda: self.pass_point("commit.requested", references=references)  # noqa: E731
        return self.system.updates.commit(request, self.id, lambda: self.gone, requested, wait=wait)

    def roll_back(self) -> None:
        """Roll the LUW back: nothing is posted, the numbers are free again."""
        self.documents.clear()
        self.changes.clear()
        self.system.ranges.release(self.id)
        self.system.locks.release(self.id)


class Sessions:
    """The open sessions of a system."""

    def __init__(self) -> None:
        self._open: dict[str, Session] = {}
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def enter(self, system: System, user: User, connection: socket.socket, language: str) -> Session:
        """Open a session for a user who has logged on."""
        with self._lock:
            session = Session(f"s{next(self._ids)}", system, user, system.catalogue, connection, language)
            self._open[session.id] = session
            return session

    def leave(self, session: Session) -> None:
        """End a session: its open LUW is rolled back."""
        session.roll_back()
        with self._lock:
            self._open.pop(session.id, None)

    def all(self) -> list[Session]:
        """List the open sessions."""
        with self._lock:
            return list(self._open.values())

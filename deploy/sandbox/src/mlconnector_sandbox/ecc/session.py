"""ABAP sessions: one for each RFC connection, with its open LUW."""

import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from .books import Document, UpdateRequest
from .catalogue import Catalogue
from .frames import is_gone
from .points import Effect, Occurrence
from .scripting import perform
from .system import System
from .users import User

__all__ = ["Call", "Session"]


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
        return tuple(d.reference for d in self.documents)

    def commit(self, *, wait: bool) -> bool:
        """Commit the LUW; False if it waited and the update failed."""
        if not self.documents:
            return True
        request = UpdateRequest(self.user.client, self.user.name, tuple(self.documents))
        references = self.references
        self.documents.clear()
        requested: Callable[[], Effect | None] = lambda: self.pass_point("commit.requested", references=references)  # noqa: E731
        return self.system.updates.commit(request, self.id, lambda: self.gone, requested, wait=wait)

    def roll_back(self) -> None:
        """Roll the LUW back: nothing is posted, the numbers are free again."""
        self.documents.clear()
        self.system.ranges.release(self.id)


@dataclass(slots=True)
class Call:
    """One call of a function module, as its implementation sees it."""

    session: Session
    given: dict[str, Any]
    initial: Callable[[str], Any]
    answer: dict[str, Any] = field(default_factory=dict)
    inactive: frozenset[str] = frozenset()

    @property
    def system(self) -> System:
        """Give the system."""
        return self.session.system

    def value(self, name: str) -> Any:
        """Give a parameter in wire form; its default if the caller left it out."""
        return self.given[name] if name in self.given else self.initial(name)

    def structure(self, name: str) -> dict[str, Any]:
        """Give a structure parameter by field name."""
        content: dict[str, Any] = self._line(name).read(self.value(name))
        return content

    def table(self, name: str) -> list[dict[str, Any]]:
        """Give the rows of a table parameter by field name."""
        read = self._line(name).read
        return [read(row) for row in self.value(name)]

    def write(self, name: str, values: dict[str, Any]) -> list[Any]:
        """Turn a row of a structure or table parameter into wire form."""
        row: list[Any] = self._line(name).write(values)
        return row

    def _line(self, name: str) -> Any:
        type_ = self.session.catalogue.functions[self.session.function].by_name[name].type
        return getattr(type_, "line", type_)

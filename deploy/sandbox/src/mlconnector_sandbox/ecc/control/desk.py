"""Work at a desk: what people post by hand, past every interface and behind the agent's back."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ..books import Document, DocumentKey, RowChange
from ..fi.messages import bapi_return
from ..fi.posting import Detail
from ..number_range import Interval, NumberRangeMissingError
from ..system import System
from ..users import User

__all__ = ["Desk", "RefusedError", "at_desk", "refusal"]


class RefusedError(Exception):
    """The system refuses what somebody wants to do by hand."""


class Desk:
    """One step of one person: it draws numbers and locks documents as a session does, and writes everything at once."""

    def __init__(self, system: System, client: str, name: str) -> None:
        self.system = system
        self.user = User(client or system.main_client, name, ("*",), ())
        self._owner = f"desk-{uuid.uuid4()}"

    def draw(self, company_code: str, document_type: str, year: str) -> str:
        """Take the next number of a document type."""
        kind = self.system.master.find("T003", self.user.client, document_type) or {}
        interval = Interval(self.user.client, company_code, str(kind.get("NUMKR", "")), year)
        try:
            return self.system.ranges.draw(interval, self._owner, lambda: False)
        except NumberRangeMissingError as error:
            raise RefusedError(f"number range {interval.number} of {company_code} misses year {year}") from error

    def lock(self, key: DocumentKey) -> None:
        """Keep others away from a document."""
        holder = self.system.locks.take(key, self._owner, self.user.name)
        if holder:
            raise RefusedError(refusal([Detail("F5", "375", (key[2], key[1], key[3], holder))]))

    def write(self, documents: Iterable[Document], changes: Iterable[RowChange] = ()) -> None:
        """Write it all in one transaction."""
        taken = self.system.ranges.taken(self._owner)
        with self.system.database.transaction():
            self.system.books.write(documents, changes)
            self.system.ranges.save(taken)

    def leave(self) -> None:
        """Free numbers that were not used, and documents."""
        self.system.ranges.release(self._owner)
        self.system.locks.release(self._owner)


@contextmanager
def at_desk(system: System, client: str, name: str) -> Iterator[Desk]:
    """Sit down for one step."""
    desk = Desk(system, client, name)
    try:
        yield desk
    finally:
        desk.leave()


def refusal(details: list[Detail]) -> str:
    """Say what the checks found, as a person at a screen reads it."""
    rows = [bapi_return("E", d.message_class, d.number, *d.variables) for d in details]
    return "; ".join(f"{row['ID']} {row['NUMBER']} {row['MESSAGE']}" for row in rows)

"""Locks of accounting documents (enqueue): who reverses, clears or changes one keeps all others away from it.

A lock belongs to a session until its LUW ends; COMMIT passes it on to the update request, which keeps it to its end.
"""

import threading

__all__ = ["Locks"]

_Key = tuple[str, ...]


class Locks:
    """Locked documents by client, company code, number and fiscal year. An owner is a session or an update request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[_Key, tuple[str, str]] = {}

    def take(self, key: _Key, owner: str, user: str) -> str:
        """Lock a document; give the user who has it already, empty if nobody else has."""
        with self._lock:
            holder, name = self._held.setdefault(key, (owner, user))
            return "" if holder == owner else name

    def pass_on(self, owner: str, heir: str) -> None:
        """Give an owner's locks to another one."""
        with self._lock:
            self._held = {k: ((heir, user) if o == owner else (o, user)) for k, (o, user) in self._held.items()}

    def release(self, owner: str) -> None:
        """Free what an owner has locked."""
        with self._lock:
            self._held = {k: held for k, held in self._held.items() if held[0] != owner}

    def clear(self) -> None:
        """Free everything, because the books are emptied."""
        with self._lock:
            self._held = {}

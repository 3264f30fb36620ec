"""Which sessions are live in this process; a newer session of the same instance and slot fences the older one."""

from collections.abc import Callable

from .live import LiveSession, SessionView
from .registry import InstanceKey, System

__all__ = ["Sessions"]

Listener = Callable[[LiveSession], None]


class Sessions:
    """The live sessions of this process."""

    def __init__(self) -> None:
        self._live: dict[InstanceKey, dict[int, LiveSession]] = {}
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call this whenever credit, work or standing of a session changed."""
        self._listeners.append(listener)

    def changed(self, session: LiveSession) -> None:
        """Tell the listeners."""
        for listener in self._listeners:
            listener(session)

    def enter(self, session: LiveSession) -> LiveSession | None:
        """Take a session in; return the one it fences, which is itself where a newer generation came first."""
        slots = self._live.setdefault(session.key, {})
        standing = slots.get(session.hello.slot)
        if standing and standing.welcome.generation > session.welcome.generation:
            return session
        slots[session.hello.slot] = session
        return standing

    def leave(self, session: LiveSession) -> None:
        """Forget a session that ended; a newer one in its place stays."""
        slots = self._live.get(session.key, {})
        if slots.get(session.hello.slot) is session:
            del slots[session.hello.slot]
        if not slots:
            self._live.pop(session.key, None)

    def of(self, key: InstanceKey) -> list[LiveSession]:
        """Return the sessions of one instance."""
        return list(self._live.get(key, {}).values())

    def of_system(self, system: System) -> list[LiveSession]:
        """Return the sessions of all instances of one SAP system."""
        return [session for session in self.all() if session.system == system]

    def all(self) -> list[LiveSession]:
        """Return every live session."""
        return [session for slots in self._live.values() for session in slots.values()]

    def views(self) -> list[SessionView]:
        """Return every live session as people see it."""
        return [session.view() for session in self.all()]

    def highest_sequence(self, key: InstanceKey) -> int:
        """Return the highest journal position the instance's live sessions have shown, 0 without any."""
        return max((session.highest_sequence for session in self.of(key)), default=0)

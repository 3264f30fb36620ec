"""The update task: turns what COMMIT WORK hands over into documents, at once, late, never, or only for a moment.

A commit that waits while nothing is scripted is done in the committing thread, in one transaction. Everything else goes
the long way: a row of VBHDR, a queue, a worker, and an outcome for those who wait.
"""

import contextlib
import heapq
import itertools
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from .books import FAILED, RUNNING, WAITING, Books, UpdateRequest
from .database import Database
from .errors import Drop, short_dump
from .locks import Locks
from .number_range import NumberRanges
from .points import Effect, Occurrence, Points

__all__ = ["UpdateTask"]

_WORKERS = 8  # update work processes
_ASYNCHRONOUS = 0.02  # seconds until an update nobody waits for begins
_POLL = 0.1


@dataclass(slots=True)
class _Order:
    """An update request on its way; `succeeded` is its outcome."""

    request: UpdateRequest
    done: threading.Event = field(default_factory=threading.Event)
    succeeded: bool = False


class UpdateTask:
    """Runs update requests. It can be stopped and slowed down."""

    def __init__(
        self, database: Database, books: Books, ranges: NumberRanges, locks: Locks, points: Points, max_wait: float
    ) -> None:
        self._database, self._books, self._ranges, self._points = database, books, ranges, points
        self._locks = locks
        self._max_wait = max_wait
        self._changed = threading.Condition()
        self._queue: list[tuple[float, int, _Order]] = []
        self._sequence = itertools.count()
        self._running = True
        self._closed = False
        self.delay = 0.0
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="update")
        self._dispatcher = threading.Thread(target=self._dispatch, name="update-dispatcher", daemon=True)

    def start(self) -> None:
        """Take up what an earlier life of the system has left, and begin to work."""
        for row, request in self._books.requests():
            if row["VBSTATE"] == FAILED[0]:
                continue
            if row["VBSTATE"] == RUNNING[0]:
                # The end of the process interrupted this update: what it had made visible is rolled back.
                self._books.remove(request.documents, request.changes)
                self._books.set_request(request.key, WAITING)
            for change in request.changes:
                self._locks.take(change.document, request.key, request.user)
            self._enqueue(_Order(request), 0)
        self._dispatcher.start()

    def close(self) -> None:
        """End; what still waits stays in the database."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._workers.shutdown(wait=True, cancel_futures=True)

    @property
    def running(self) -> bool:
        """Tell whether updates are carried out."""
        return self._running

    def switch(self, *, running: bool) -> None:
        """Stop or resume updates for the whole system."""
        with self._changed:
            self._running = running
            self._changed.notify_all()

    def forget(self) -> None:
        """Drop what waits, because the books are emptied."""
        with self._changed:
            self._queue.clear()

    def commit(
        self,
        request: UpdateRequest,
        owner: str,
        gone: Callable[[], bool],
        requested: Callable[[], Effect | None],
        *,
        wait: bool,
    ) -> bool:
        """Carry out a COMMIT WORK; False if it waited and the update failed."""
        taken, written = self._ranges.taken(owner), False
        self._locks.pass_on(owner, request.key)
        if wait and self._running and not self.delay and not self._points.watches(("update.", "commit.")):
            with contextlib.suppress(sqlite3.IntegrityError), self._database.transaction():
                self._books.write(request.documents, request.changes)
                self._ranges.save(taken)
                written = True
            if written:
                self._ranges.release(owner)
                self._locks.release(request.key)
                return True
        with self._database.transaction():
            self._books.add_request(request)
            self._ranges.save(taken)
        # The number range is free from here: its row is committed together with the update request.
        self._ranges.release(owner)
        order = _Order(request)
        try:
            requested()
        finally:
            self._enqueue(order, self.delay or (0 if wait else _ASYNCHRONOUS))
        return self._outcome(order, gone) if wait else True

    def repeat(self, key: str) -> bool:
        """Run a failed request again, as transaction SM13 can; False if there is none."""
        for row, request in self._books.requests():
            if request.key == key and row["VBSTATE"] == FAILED[0]:
                self._books.set_request(key, WAITING)
                self._enqueue(_Order(request), 0)
                return True
        return False

    def _outcome(self, order: _Order, gone: Callable[[], bool]) -> bool:
        until = time.monotonic() + self._max_wait
        while not order.done.wait(_POLL):
            if gone():
                raise Drop
            if time.monotonic() > until:
                raise short_dump("TIME_OUT", "Time limit exceeded.")
        return order.succeeded

    def _enqueue(self, order: _Order, seconds: float) -> None:
        with self._changed:
            heapq.heappush(self._queue, (time.monotonic() + seconds, next(self._sequence), order))
            self._changed.notify_all()

    def _dispatch(self) -> None:
        while (order := self._next()) is not None:
            self._workers.submit(self._run, order)

    def _next(self) -> _Order | None:
        with self._changed:
            while not self._closed:
                due = self._queue[0][0] - time.monotonic() if self._running and self._queue else None
                if due is not None and due <= 0:
                    return heapq.heappop(self._queue)[2]
                self._changed.wait(due)
            return None

    def _run(self, order: _Order) -> None:
        request = order.request
        # Somebody may have deleted the request, or repeated it while it waited.
        if self._books.start_request(request.key):
            order.succeeded = self._update(request)
            self._locks.release(request.key)
            self._at("update.finished", request)
        order.done.set()

    def _update(self, request: UpdateRequest) -> bool:
        if self._aborts("update.started", request):
            self._books.set_request(request.key, FAILED)
            return False
        try:
            with self._database.transaction():
                self._books.write(request.documents, request.changes)
                if not self._points.watches("update.visible"):
                    self._books.delete_request(request.key)
                    return True
        except sqlite3.IntegrityError:  # a key that exists: the update aborts, as in SAP
            self._books.set_request(request.key, FAILED)
            return False
        aborted = self._aborts("update.visible", request)
        with self._database.transaction():
            if aborted:
                self._books.remove(request.documents, request.changes)
                self._books.set_request(request.key, FAILED)
            else:
                self._books.delete_request(request.key)
        return not aborted

    def _aborts(self, point: str, request: UpdateRequest) -> bool:
        effect = self._at(point, request)
        return effect is not None and effect.action != "continue"

    def _at(self, point: str, request: UpdateRequest) -> Effect | None:
        return self._points.at(Occurrence(point, user=request.user, references=request.references))

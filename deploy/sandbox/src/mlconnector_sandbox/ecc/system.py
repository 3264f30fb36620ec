"""The simulated system: its database and everything that works on it."""

import threading
import time
from collections import Counter
from pathlib import Path

from . import fixture as fixtures
from .books import Books
from .catalogue import Catalogue, load_catalogue
from .database import Database
from .fi.document import DocumentBuilder
from .locks import Locks
from .master_data import MasterData
from .master_rows import Fixture
from .number_range import NumberRanges
from .options import Options
from .points import Points
from .texts import Texts
from .update import UpdateTask
from .users import Users

__all__ = ["MAX_WORK_PROCESS_TIME", "System"]

MAX_WORK_PROCESS_TIME = 600.0  # rdisp/max_wprun_time, seconds


class System:
    """Owns the database and what lives as long as the process: scripted faults, counters."""

    def __init__(self, state: Path, fixture: Fixture | None = None) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self.fixture = fixture or fixtures.read()
        self.started = time.time()
        self.database = Database(state / "ecc.sqlite")
        self.master = MasterData(self.database)
        self.options = Options(self.database)
        self.books = Books(self.database)
        self.texts = Texts(self.database, self.master)
        self.documents = DocumentBuilder(self.database.schemas)
        self.users = Users(self.database)
        self.points = Points()
        self.ranges = NumberRanges(self.database, MAX_WORK_PROCESS_TIME)
        self.locks = Locks()
        self.updates = UpdateTask(
            self.database, self.books, self.ranges, self.locks, self.points, MAX_WORK_PROCESS_TIME
        )
        self.catalogue: Catalogue = load_catalogue(self.id)
        self.calls: Counter[str] = Counter()
        self._lock = threading.Lock()
        if not self.database.tuples("SELECT 1 FROM T000"):
            fixtures.load(self.database, self.fixture)
        self.updates.start()

    @property
    def id(self) -> str:
        """Give the system id (SID)."""
        return str(self.fixture["system"]["id"])

    @property
    def main_client(self) -> str:
        """Give the client that holds the fixture's master data."""
        return str(self.fixture["system"]["main_client"])

    def logical_system(self, client: str) -> str:
        """Name a client across systems."""
        return f"{self.id}CLNT{client}"

    def count_call(self, function: str) -> None:
        """Count a call of a function module."""
        with self._lock:
            self.calls[function] += 1

    def reset(self) -> None:
        """Start again with the fixture: no documents, no faults, no counters."""
        self.points.remove()
        self.updates.forget()
        self.locks.clear()
        self.updates.switch(running=True)
        self.updates.delay = 0.0
        with self.database.transaction():
            self.database.clear()
            fixtures.load(self.database, self.fixture)
        self.master.forget()
        self.options.reload()
        self.restore_catalogue()
        self.calls.clear()
        self.users.attempts.clear()

    def restore_catalogue(self) -> None:
        """Give sessions that log on from now on the complete interfaces again."""
        self.catalogue = load_catalogue(self.id)

    def close(self) -> None:
        """End the system; the books stay in the database."""
        self.points.close()
        self.updates.close()
        self.database.close()

"""Users: passwords, authorisations, and the lock after too many wrong passwords."""

from collections import Counter
from dataclasses import dataclass

from .database import Database
from .errors import logon_failure

__all__ = ["User", "Users"]

FAILURES_UNTIL_LOCK = 5  # login/fails_to_user_lock
_LOCKED_BY_FAILURES, _LOCKED_BY_ADMINISTRATOR = 128, 64  # USR02-UFLAG


@dataclass(frozen=True, slots=True)
class User:
    """A user who has logged on, with what it may do. `*` means everything."""

    client: str
    name: str
    company_codes: tuple[str, ...]
    tables: tuple[str, ...]

    def may_post(self, company_code: str) -> bool:
        """Tell whether the user may post in a company code."""
        return "*" in self.company_codes or company_code in self.company_codes

    def may_read(self, table: str) -> bool:
        """Tell whether the user may read a table."""
        return "*" in self.tables or table in self.tables


class Users:
    """Checks logons and counts them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.attempts: Counter[tuple[str, str]] = Counter()  # (user, "accepted" or "refused")

    def log_on(self, client: str, name: str, password: str) -> User:
        """Check name and password; five wrong ones lock the user."""
        try:
            user = self._check(client, name, password)
        except Exception:
            self.attempts[name, "refused"] += 1
            raise
        self.attempts[name, "accepted"] += 1
        return user

    def lock(self, client: str, name: str, *, locked: bool) -> bool:
        """Lock or unlock a user as an administrator does; False if there is none."""
        flag = _LOCKED_BY_ADMINISTRATOR if locked else 0
        statement = "UPDATE USR02 SET UFLAG = ?, LOCNT = 0 WHERE MANDT = ? AND BNAME = ?"
        return self._database.execute(statement, (flag, client, name)) > 0

    def set_password(self, client: str, name: str, password: str) -> bool:
        """Change a password; False if there is no such user."""
        statement = "UPDATE sandbox_user SET password = ? WHERE client = ? AND name = ?"
        return self._database.execute(statement, (password, client, name)) > 0

    def _check(self, client: str, name: str, password: str) -> User:
        if not self._database.tuples("SELECT 1 FROM T000 WHERE MANDT = ?", (client,)):
            raise logon_failure(f"Client {client} is not available in this system", "001")
        found = self._database.tuples(
            "SELECT u.password, u.company_codes, u.tables, l.UFLAG, l.LOCNT FROM sandbox_user u"
            " JOIN USR02 l ON l.MANDT = u.client AND l.BNAME = u.name WHERE u.client = ? AND u.name = ?",
            (client, name),
        )
        if not found:
            raise logon_failure("Name or password is incorrect (repeat logon)")
        expected, company_codes, tables, flag, failures = found[0]
        if flag == _LOCKED_BY_ADMINISTRATOR:
            raise logon_failure("User is locked. Please notify the person responsible", "158")
        if flag == _LOCKED_BY_FAILURES:
            raise logon_failure("Password logon no longer possible - too many failed attempts", "200")
        if password != expected:
            self._count(client, name, failures + 1)
            raise logon_failure("Name or password is incorrect (repeat logon)")
        if failures:
            self._count(client, name, 0)
        return User(client, name, tuple(company_codes.split()), tuple(tables.split()))

    def _count(self, client: str, name: str, failures: int) -> None:
        flag = _LOCKED_BY_FAILURES if failures >= FAILURES_UNTIL_LOCK else 0
        self._database.execute(
            "UPDATE USR02 SET LOCNT = ?, UFLAG = ? WHERE MANDT = ? AND BNAME = ?", (failures, flag, client, name)
        )

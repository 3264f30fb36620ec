"""One RFC session, as its user sees it: calls, table reads, and its end."""

from dataclasses import dataclass
from typing import Any

from mlconnector_shared.runtime import Runtime

from .child import Child
from .errors import Kind, RfcError
from .frames import Call, Describe, Page, Ping, ReadPage, ReadTable, Request, TablePage

__all__ = ["Page", "RfcSession", "SystemFacts", "TablePage"]


@dataclass(frozen=True, slots=True)
class SystemFacts:
    """Whom a session is logged on to, as SAP and the RFC library say.

    Attributes:
        sysid: the SAP system id.
        client: the SAP client.
        user: the SAP user.
        host: the application server.
        release: the partner's release.
        library: version of the RFC library as `major.minor.patch`; the sandbox's stand-in has patch level 9999.
        patch_level: its patch level, so that a production agent can refuse the stand-in.
    """

    sysid: str
    client: str
    user: str
    host: str
    release: str
    library: str
    patch_level: int


class RfcSession:
    """A logged-on session in a child of its own. Not for two users at once.

    Attributes:
        facts: whom we are logged on to.
        opened_at: monotonic time of the logon.
        used_at: monotonic time of the last answer.
    """

    def __init__(self, child: Child, facts: SystemFacts, runtime: Runtime) -> None:
        self._child = child
        self._runtime = runtime
        self.facts = facts
        self.opened_at = runtime.monotonic()
        self.used_at = self.opened_at

    @property
    def user(self) -> str:
        """Return the SAP user of this session."""
        return self.facts.user

    @property
    def pid(self) -> int:
        """Return the process id of the child that holds the session."""
        return self._child.pid

    @property
    def has_ended(self) -> bool:
        """Tell whether the session is gone."""
        return self._child.is_gone

    async def call(self, function: str, parameters: dict[str, Any], timeout: float) -> dict[str, Any]:  # noqa: ASYNC109 - passed on
        """Call a function module; decimals come as text, dates as YYYYMMDD.

        Raises:
            RfcError: it failed; after every kind but `application` the session is gone, and its LUW rolled back.
        """
        answer: dict[str, Any] = await self._ask(Call(function, parameters), timeout)
        return answer

    async def read_table(
        self,
        table: str,
        fields: list[str],
        options: list[str],
        row_count: int,
        timeout: float,  # noqa: ASYNC109 - passed on
        row_skips: int = 0,
    ) -> TablePage:
        """Call RFC_READ_TABLE; `row_count` 0 reads the columns' description only.

        Raises:
            RfcError: see `call`.
        """
        answer = await self._ask(ReadTable(table, fields, options, row_count, row_skips), timeout)
        if not isinstance(answer, TablePage):
            raise RfcError(Kind.LIBRARY, f"RFC_READ_TABLE of {table} gave no page", key="PROTOCOL")
        return answer

    async def read_page(
        self,
        table: str,
        fields: list[str],
        options: list[str],
        size: int,
        timeout: float,  # noqa: ASYNC109 - passed on
        key: list[int],
        numeric: list[bool],
    ) -> Page:
        """Call RFC_READ_TABLE for a page of up to `size` rows, in the order of the key's columns.

        Raises:
            RfcError: see `call`.
        """
        answer = await self._ask(ReadPage(table, fields, options, size, key, numeric), timeout)
        if not isinstance(answer, Page):
            raise RfcError(Kind.LIBRARY, f"RFC_READ_TABLE of {table} gave no page", key="PROTOCOL")
        return answer

    async def describe(self, function: str, timeout: float) -> list[dict[str, Any]]:  # noqa: ASYNC109
        """Read the interface of a function module: its parameters with name, type, direction, length and fields.

        Raises:
            RfcError: see `call`; an unknown function module is `application` with key FU_NOT_FOUND.
        """
        answer: list[dict[str, Any]] = await self._ask(Describe(function), timeout)
        return answer

    async def ping(self, timeout: float) -> None:  # noqa: ASYNC109
        """Ask SAP for a sign of life.

        Raises:
            RfcError: the session is gone.
        """
        await self._ask(Ping(), timeout)

    async def end(self) -> None:
        """End the session now; an open LUW is rolled back."""
        await self._child.end()

    async def _ask(self, request: Request, seconds: float) -> Any:
        answer = await self._child.request(request, seconds)
        self.used_at = self._runtime.monotonic()
        return answer

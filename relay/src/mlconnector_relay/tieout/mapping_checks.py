"""Looks up in SAP what a mapping names, when a command asks: whoever holds the tunnel to the SAP client answers."""

import json
from datetime import timedelta
from typing import Final

import structlog
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime

from ..db import mapping_checks
from ..db.engine import Database
from ..db.mapping_checks import Ended, MappingCheck
from ..directory import Directory
from ..sap.findings import Finding
from ..sap.mapping import load_mapping
from ..sap.master_data import Answer, examine
from ..tunnel.errors import CallFailed, CallRefused, SessionLost
from ..tunnel.tables import Reads, all_rows

__all__ = ["MappingChecks"]

_log = structlog.get_logger(__name__)

EVERY_SECONDS: Final = 1.0

PATIENCE: Final = timedelta(minutes=10)
"""How long a command may have waited; nobody looks at the answers of older ones."""


class MappingChecks:
    """The loop that answers checks it can reach SAP for.

    Args:
        database: what is asked for.
        directory: which tenants there are.
        reads: the tunnel.
        runtime: clocks.
    """

    def __init__(self, database: Database, directory: Directory, reads: Reads, runtime: Runtime) -> None:
        self._database = database
        self._directory = directory
        self._reads = reads
        self._runtime = runtime

    async def run(self) -> None:
        """Look for ever; one tenant's trouble is not the others'."""
        while True:
            for tenant in sorted({account.store.tenant for account in self._directory.accounts()}):
                try:
                    await self.once(tenant)
                except ConnectorError as error:
                    _log.warning("mapping_check.not_served", tenant=tenant, error=str(error))
            await self._runtime.sleep(EVERY_SECONDS)

    async def once(self, tenant: str) -> None:
        """Answer what is asked for and can be reached from here.

        Raises:
            DatabaseError: what was not answered is asked again.
        """
        async with self._database.read() as tx:
            due = await mapping_checks.due(tx, tenant, self._runtime.now() - PATIENCE)
        for check in due:
            try:
                findings = await self._examine(check)
            except SessionLost:
                continue  # it stays for whoever has a session
            except ConnectorError as error:
                await self._answer(check, "failed", str(error))
            else:
                rows = [{"severity": one.severity, "loc": list(one.loc), "sentence": one.sentence} for one in findings]
                await self._answer(check, "done", json.dumps(rows))

    async def _examine(self, check: MappingCheck) -> list[Finding]:
        mapping = load_mapping(check.content, check.check_id)
        examination = examine(mapping.file, f"{check.day:%Y%m%d}")
        answer: Answer | None = None
        system = (check.tenant, check.sysid, check.client)
        while True:
            try:
                work = examination.send(answer) if answer is not None else next(examination)
            except StopIteration as end:
                found: list[Finding] = end.value
                return found
            try:
                answer = await all_rows(self._reads.read_table(*system, work))
            except CallRefused as error:
                columns = ", ".join(sorted({*work.fields, *(condition.field for condition in work.where)}))
                answer = f"{error}; [policy.tables] of the agent must name {work.table} with {columns}"
            except CallFailed as error:
                answer = str(error)

    async def _answer(self, check: MappingCheck, state: Ended, result: str) -> None:
        now = self._runtime.now()
        await self._database.write(
            lambda tx: mapping_checks.answer(tx, check.tenant, check.check_id, state, result, now)
        )
        _log.info("mapping_check.answered", tenant=check.tenant, check=check.check_id, state=state)

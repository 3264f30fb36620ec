"""Qualification: the first document of a company code and type must be found again, by number and by reference.

Country versions and customer enhancements can overwrite the reference; then neither a look before posting nor one after
it means anything. Until the first document was found, one posting of the kind runs at a time; every later document is
read back in batches. A document that is not found again stops its channel until a person releases it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime

from ..journal.journal import Journal
from ..journal.records import ChannelState, Posting
from ..rfc.errors import RfcError
from ..rfc.pool import Purpose, RfcPool
from .lookup import Lookup
from .reversal import REVERSAL, look_for_reversal
from .settings import LuwSettings
from .trace import Trace

__all__ = ["ChannelStopped", "Channels"]

_BATCH: Final = 50

_log = structlog.get_logger(__name__)


class ChannelStopped(ConnectorError):
    """Documents of this company code and type are not posted until a person releases the channel."""


Kind = tuple[str, str]
"""Company code and document type."""


class Channels:
    """Which kinds of documents may be posted, as the journal and SAP say."""

    def __init__(self, pool: RfcPool, journal: Journal, settings: LuwSettings, runtime: Runtime) -> None:
        self._pool = pool
        self._journal = journal
        self._settings = settings
        self._runtime = runtime
        self._open: set[Kind] = set()
        self._first: dict[Kind, asyncio.Lock] = {}

    @asynccontextmanager
    async def entry(self, company_code: str, document_type: str) -> AsyncIterator[None]:
        """Let a posting pass: at once on an open channel, one at a time before that; read the first one back after.

        Raises:
            ChannelStopped: the channel is stopped, or its first document could not be read back yet.
        """
        kind = (company_code, document_type)
        if kind not in self._open:
            async with self._first.setdefault(kind, asyncio.Lock()):
                if not await self._is_open(kind):
                    yield
                    await self._settle(kind)
                    return
        yield

    async def run(self) -> None:
        """Read back what was committed, batch after batch, for ever."""
        while True:
            await self._runtime.sleep(self._settings.verify_interval_seconds)
            try:
                while await self.verify():
                    pass
            except RfcError as error:
                _log.warning("verification.postponed", error=str(error))

    async def verify(self, only: Kind | None = None) -> int:
        """Read back committed documents that were not yet, and return how many were.

        Raises:
            RfcError: SAP could not be read; they are read again later.
        """
        pending = [posting for posting in await self._journal.unverified() if only in {None, _kind(posting)}]
        if not pending:
            return 0
        async with self._pool.session(Purpose.READ) as session:
            lookup = Lookup(session, Trace(self._runtime), self._settings)
            for start in range(0, len(pending), _BATCH):
                await self._verify_batch(lookup, pending[start : start + _BATCH])
        return len(pending)

    async def _is_open(self, kind: Kind) -> bool:
        """Tell whether documents of this kind are found again; False before the first."""
        channel = await self._journal.channel(*kind)
        if channel is not None and channel.state is ChannelState.QUALIFYING:
            await self._settle(kind)
            channel = await self._journal.channel(*kind)
        if channel is None:
            return False
        if channel.state is not ChannelState.OPEN:
            raise ChannelStopped(f"documents {kind[1]} of company code {kind[0]} are stopped: {channel.reason}")
        self._open.add(kind)
        return True

    async def _settle(self, kind: Kind) -> None:
        try:
            await self.verify(kind)
        except RfcError as error:
            _log.warning("qualification.postponed", company_code=kind[0], document_type=kind[1], error=str(error))

    async def _verify_batch(self, lookup: Lookup, postings: list[Posting]) -> None:
        documents = [posting.document for posting in postings if posting.document.document_type != REVERSAL]
        references = [document.reference for document in documents]
        codes = sorted({document.company_code for document in documents})
        hits = (
            {(hit.object_key, hit.reference) for hit in await lookup.by_references(references, codes)}
            if codes
            else set()
        )
        found: list[str] = []
        for posting in postings:
            good = (posting.object_key, posting.document.reference) in hits
            if posting.document.document_type == REVERSAL:
                good = (await look_for_reversal(lookup, posting.document.reference)).ours == posting.object_key
            elif good and _kind(posting) not in self._open:
                numbered = await lookup.by_key(posting.object_key)
                good = numbered is not None and numbered.reference == posting.document.reference
            if good:
                found.append(posting.posting_id)
                await self._qualify(posting)
            else:
                await self._stop(posting)
        await self._journal.verified(found)

    async def _qualify(self, posting: Posting) -> None:
        kind = _kind(posting)
        if kind in self._open:
            return
        channel = await self._journal.channel(*kind)
        if channel is None or channel.state is ChannelState.QUALIFYING:
            await self._journal.set_channel(*kind, ChannelState.OPEN, posting.object_key, "found again")
            _log.info("channel.opened", company_code=kind[0], document_type=kind[1], object_key=posting.object_key)

    async def _stop(self, posting: Posting) -> None:
        kind, reference = _kind(posting), posting.document.reference
        sought = "as the reversal of" if posting.document.document_type == REVERSAL else "under reference"
        reason = f"document {posting.object_key} was committed but is not found {sought} {reference}"
        await self._journal.set_channel(*kind, ChannelState.STOPPED, posting.object_key, reason)
        await self._journal.verified([posting.posting_id], found=False)
        self._open.discard(kind)
        _log.error("channel.stopped", company_code=kind[0], document_type=kind[1], reason=reason)


def _kind(posting: Posting) -> Kind:
    return posting.document.company_code, posting.document.document_type

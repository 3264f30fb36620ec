"""The checks, hop by hop: own files, RFC library, relay, SAP. They run beside a running agent and change nothing."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime
from mlconnector_shared.words import how_many

from ..config.errors import SettingsInvalid
from ..config.settings import Settings
from ..connection.links import DialFailed, dial
from ..identity import Identity, NotEnrolled, is_private
from ..journal.audit import verify
from ..journal.journal import Journal
from ..journal.records import ChannelState
from ..policy.limits import IMPLIED
from ..rfc.circuit import Circuit
from ..rfc.errors import Kind, RfcError
from ..rfc.pool import Purpose, RfcPool
from ..rfc.session import RfcSession
from .findings import Finding, Status
from .library import STAND_IN_PATCH_LEVEL, library_of

__all__ = ["run_checks"]

FREE_BYTES: Final = 1 << 30
SOON: Final = timedelta(days=20)
"""Certificates renew themselves with a third of their life left; one nearer to its end than this has not."""

DESCRIBE_SECONDS: Final = 30.0


async def run_checks(settings: Settings, runtime: Runtime) -> AsyncIterator[Finding]:
    """Look at every hop in the order of the flow and yield what was found."""
    yield _state(settings)
    yield _passwords(settings)
    yield await _journal(settings, runtime)
    yield _audit(settings)
    library = await _library(settings, runtime)
    yield library
    try:
        identity = Identity.load(settings.agent.state_dir)
    except NotEnrolled as error:
        yield Finding("identity", Status.FAIL, str(error), "mlconnector-agent enrol TOKEN")
        yield Finding("relay", Status.SKIP, "not enrolled")
    else:
        yield _certificate(identity, runtime)
        if misfit := identity.enrolled.misfit(settings.agent.instance, settings.sap.sysid, settings.sap.client):
            yield Finding(
                "enrolment", Status.FAIL, misfit, "change [agent] and [sap], or mlconnector-agent enrol TOKEN"
            )
        yield await _relay(identity)
    if library.status is Status.FAIL:
        yield Finding("sap", Status.SKIP, "without the RFC library SAP cannot be asked")
        return
    async for finding in _sap(settings, runtime):
        yield finding


def _state(settings: Settings) -> Finding:
    folder = settings.agent.state_dir
    if not folder.is_dir():
        return Finding("state", Status.FAIL, f"{folder} does not exist", "mlconnector-agent enrol TOKEN makes it")
    if os.name == "posix" and folder.stat().st_mode & 0o077:
        return Finding("state", Status.FAIL, f"others may enter {folder}", f"chmod 700 {folder}")
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES:
        return Finding(
            "state", Status.WARN, f"{free >> 20} MiB free at {folder}", "the journal must never run out of disk"
        )
    return Finding("state", Status.PASS, f"{folder}, {free >> 30} GiB free")


def _passwords(settings: Settings) -> Finding:
    try:
        users = settings.rfc().users
    except SettingsInvalid as error:
        return Finding("passwords", Status.FAIL, "; ".join(error.errors), "name readable files in [sap] users")
    files = [user.password_file for user in settings.sap.users if user.password_file]
    exposed = sorted({str(file) for file in files if not is_private(file)})
    if exposed:
        return Finding(
            "passwords", Status.FAIL, f"others may read {', '.join(exposed)}", f"chmod 600 {' '.join(exposed)}"
        )
    different, connections = len({user.user for user in users}), settings.pool.write_connections
    if different < connections:
        detail = f"{how_many(different, 'SAP user')} for {connections} write connections"
        remedy = "with a user of its own for each write connection a stuck update request implicates one posting"
        return Finding("passwords", Status.WARN, detail, remedy)
    return Finding("passwords", Status.PASS, f"{different} SAP users")


async def _journal(settings: Settings, runtime: Runtime) -> Finding:
    path = settings.agent.state_dir / "journal.db"
    if not path.exists():
        return Finding("journal", Status.PASS, "not begun yet")
    try:
        journal = await Journal.open(path, runtime)
        try:
            unsettled = await journal.open_postings()
            stopped = [one for one in await journal.channels() if one.state is ChannelState.STOPPED]
        finally:
            await journal.close()
    except ConnectorError as error:
        return Finding(
            "journal", Status.FAIL, str(error), "restore disk and permissions; do not copy an older journal back"
        )
    if stopped:
        names = ", ".join(f"{one.company_code} {one.document_type}" for one in stopped)
        remedy = "find out why, then: mlconnector-agent channel release COMPANY_CODE DOCUMENT_TYPE"
        return Finding("journal", Status.FAIL, f"channel {names} is stopped: {stopped[0].reason}", remedy)
    if unsettled:
        return Finding(
            "journal", Status.WARN, f"{len(unsettled)} postings are not settled", "mlconnector-agent journal list"
        )
    return Finding("journal", Status.PASS, f"position {journal.sequence}")


def _audit(settings: Settings) -> Finding:
    path = settings.agent.state_dir / "journal.db"
    if not path.exists():
        return Finding("audit", Status.PASS, "not begun yet")
    try:
        end = verify(path)
    except ConnectorError as error:
        return Finding(
            "audit", Status.FAIL, str(error), "find out who wrote to the file; compare with the relay's anchors"
        )
    return Finding("audit", Status.PASS, f"{end.sequence} records in {end.batch} batches, head {end.head[:16]}")


async def _library(settings: Settings, runtime: Runtime) -> Finding:
    try:
        text, patch = await library_of(settings.sap.sdk_home, runtime)
    except (RfcError, OSError) as error:
        return Finding("rfc library", Status.FAIL, str(error), "unpack the SAP NW RFC SDK, set [sap] sdk_home")
    if patch == STAND_IN_PATCH_LEVEL and settings.is_production:
        return Finding("rfc library", Status.FAIL, f"{text} is a stand-in for tests", "set [sap] sdk_home to SAP's SDK")
    return Finding("rfc library", Status.PASS, text)


def _certificate(identity: Identity, runtime: Runtime) -> Finding:
    ends = identity.certificate_expires()
    left = ends - runtime.now()
    detail = f"{identity.enrolled.instance} of {identity.enrolled.tenant}, until {ends:%Y-%m-%d %H:%M} UTC"
    if left <= timedelta(0):
        return Finding("identity", Status.FAIL, f"the certificate has ended: {detail}", "mlconnector-agent enrol TOKEN")
    if left < SOON:
        return Finding(
            "identity", Status.WARN, detail, "it should have renewed itself; is the agent running and connected?"
        )
    return Finding("identity", Status.PASS, detail)


async def _relay(identity: Identity) -> Finding:
    url = identity.enrolled.tunnel_url
    try:
        # Without a hello, so that the session of a running agent is not fenced.
        link = await dial(url, identity.tls() if url.startswith("wss://") else None)
        await link.close(1000, "check")
    except (DialFailed, OSError) as error:
        remedy = "check DNS, HTTPS_PROXY, firewall (outbound only) and that no proxy inspects TLS"
        return Finding("relay", Status.FAIL, str(error), remedy)
    return Finding("relay", Status.PASS, f"{url} opened a websocket")


async def _sap(settings: Settings, runtime: Runtime) -> AsyncIterator[Finding]:
    try:
        rfc = settings.rfc()
    except SettingsInvalid:
        yield Finding("sap", Status.SKIP, "the passwords cannot be read")
        return
    if not settings.agent.state_dir.is_dir():
        yield Finding("sap", Status.SKIP, "without the state folder no refused logon could be remembered")
        return
    with tempfile.TemporaryDirectory() as folder:
        # A lock of its own, since a running agent holds the pool's; but the one logon circuit: no check locks a user.
        pool = RfcPool(replace(rfc, state_dir=Path(folder), write_connections=0, read_connections=1), runtime)
        pool.circuit = Circuit(settings.agent.state_dir, runtime)
        try:
            await pool.start()
            async with pool.session(Purpose.READ) as session:
                await session.ping(DESCRIBE_SECONDS)
                facts = session.facts
                yield Finding(
                    "sap", Status.PASS, f"{facts.sysid} client {facts.client} as {facts.user} on {facts.host}"
                )
                yield await _functions(settings, session)
        except RfcError as error:
            yield Finding("sap", Status.FAIL, f"{_destination(settings)}: {error.message}", _remedy(error))
        finally:
            await pool.close()


async def _functions(settings: Settings, session: RfcSession) -> Finding:
    names = sorted(set(settings.policy.function_modules) | (IMPLIED - {"RFC_SYSTEM_INFO"}))
    missing: list[str] = []
    for name in names:
        try:
            await session.describe(name, DESCRIBE_SECONDS)
        except RfcError as error:
            if error.ends_session:
                raise
            missing.append(f"{name} ({error.key})")
    if missing:
        return Finding(
            "functions", Status.FAIL, f"not there: {', '.join(missing)}", "check S_RFC of the SAP user and UCON"
        )
    return Finding("functions", Status.PASS, f"{len(names)} function modules are there")


def _destination(settings: Settings) -> str:
    """Say who was to log on where."""
    sap = settings.sap
    where = f"{sap.ashost} {sap.sysnr}" if sap.ashost else f"{sap.mshost} {sap.r3name} {sap.group}"
    return f"{sap.users[0].user} at {where}, client {sap.client}"


def _remedy(error: RfcError) -> str:
    if error.key == "WRONG_SYSTEM":
        return "set [sap] sysid and client to the system this agent was enrolled for"
    if error.kind is Kind.LOGON:
        return (
            "correct user, password or [sap] client, unlock the user (SU01), then: mlconnector-agent credentials reset"
        )
    if error.kind is Kind.COMMUNICATION:
        return "check [sap] ashost and sysnr, the gateway's port 33NN and its access list"
    return "see the message; SAP's side is in transaction ST22 or SM21"

"""Operating the system: health, gateway, sessions, users, counters, metadata, options, reset."""

import time
from typing import Any

import msgspec
from aiohttp import web

from ..listener import Listener
from ..system import System
from .requests import body, found, refuse

__all__ = ["routes"]


class _Gateway(msgspec.Struct, forbid_unknown_fields=True):
    open: bool
    drop: bool = False


class _User(msgspec.Struct, forbid_unknown_fields=True):
    locked: bool | None = None
    password: str | None = None
    client: str = ""


class _Truncation(msgspec.Struct, forbid_unknown_fields=True):
    structure: str
    fields: list[str]


class _Rewrite(msgspec.Struct, forbid_unknown_fields=True):
    company_code: str
    document_type: str
    pattern: str = ""


class _ReversalReferences(msgspec.Struct, forbid_unknown_fields=True):
    copied: bool


class _BulkTable(msgspec.Struct, forbid_unknown_fields=True):
    rows: int


def routes(system: System, listener: Listener) -> list[web.RouteDef]:
    """Give the routes."""
    handlers = _Operations(system, listener)
    return [
        web.get("/sandbox/health", handlers.health),
        web.put("/sandbox/gateway", handlers.gateway),
        web.get("/sandbox/sessions", handlers.sessions),
        web.delete("/sandbox/sessions", handlers.drop),
        web.get("/sandbox/users", handlers.users),
        web.patch("/sandbox/users/{name}", handlers.user),
        web.get("/sandbox/counters", handlers.counters),
        web.delete("/sandbox/counters", handlers.clear_counters),
        web.post("/sandbox/metadata/truncations", handlers.truncate),
        web.delete("/sandbox/metadata/truncations", handlers.restore),
        web.get("/sandbox/reference-rewrites", handlers.rewrites),
        web.put("/sandbox/reference-rewrites", handlers.rewrite),
        web.put("/sandbox/reversal-references", handlers.reversal_references),
        web.put("/sandbox/bulk-table", handlers.bulk_table),
        web.post("/sandbox/reset", handlers.reset),
    ]


class _Operations:
    def __init__(self, system: System, listener: Listener) -> None:
        self._system, self._listener = system, listener

    async def health(self, request: web.Request) -> web.Response:
        del request
        system = self._system
        content: dict[str, Any] = {
            "status": "ok",
            "system_id": system.id,
            "sysnr": f"{self._listener.number:02d}",
            "rfc_port": self._listener.port,
            "gateway_open": self._listener.is_open,
            "update_running": system.updates.running,
            "sessions": len(self._listener.sessions.all()),
            "documents": system.books.count(),
            "uptime_seconds": round(time.time() - system.started, 3),
        }
        return web.json_response(content)

    async def gateway(self, request: web.Request) -> web.Response:
        """Refuse or accept connections."""
        wanted = await body(request, _Gateway)
        if wanted.open:
            self._listener.open()
        else:
            self._listener.close()
        dropped = self._listener.drop() if wanted.drop else 0
        return web.json_response({"open": self._listener.is_open, "dropped": dropped})

    async def sessions(self, request: web.Request) -> web.Response:
        del request
        content = [
            {
                "session": s.id,
                "user": s.user.name,
                "client": s.user.client,
                "seconds": round(time.time() - s.since, 3),
                "calls": s.calls,
                "function": s.function,
                "open_references": list(s.references),
            }
            for s in self._listener.sessions.all()
        ]
        return web.json_response({"sessions": content})

    async def drop(self, request: web.Request) -> web.Response:
        """Cut all connections, as a restarted gateway or a firewall does."""
        del request
        return web.json_response({"dropped": self._listener.drop()})

    async def users(self, request: web.Request) -> web.Response:
        client = request.query.get("client", self._system.main_client)
        content = [
            {"name": name, "failed_logons": failures, "locked": bool(flag)}
            for name, failures, flag in self._system.database.tuples(
                "SELECT BNAME, LOCNT, UFLAG FROM USR02 WHERE MANDT = ? ORDER BY BNAME", (client,)
            )
        ]
        return web.json_response({"users": content})

    async def user(self, request: web.Request) -> web.Response:
        """Lock, unlock or change the password of a user."""
        change, name = await body(request, _User), request.match_info["name"]
        client = change.client or self._system.main_client
        known = True
        if change.locked is not None:
            known = self._system.users.lock(client, name, locked=change.locked)
        if change.password is not None:
            known = self._system.users.set_password(client, name, change.password)
        found(known or None, f"user {name} in client {client}")
        return web.json_response({})

    async def counters(self, request: web.Request) -> web.Response:
        del request
        logons: dict[str, dict[str, int]] = {}
        for (name, result), count in self._system.users.attempts.items():
            logons.setdefault(name, {"accepted": 0, "refused": 0})[result] = count
        content = {"calls": dict(self._system.calls), "points": self._system.points.passed(), "logons": logons}
        return web.json_response(content)

    async def clear_counters(self, request: web.Request) -> web.Response:
        del request
        self._system.calls.clear()
        self._system.users.attempts.clear()
        return web.json_response({})

    async def truncate(self, request: web.Request) -> web.Response:
        """Remove fields of a structure, for sessions that log on from now on."""
        wanted = await body(request, _Truncation)
        structure = found(self._system.catalogue.structures.get(wanted.structure), f"structure {wanted.structure}")
        missing = [name for name in wanted.fields if name not in structure.names]
        if missing:
            raise refuse(web.HTTPBadRequest, f"{wanted.structure} has no field {', '.join(missing)}.")
        self._system.catalogue = self._system.catalogue.truncated(wanted.structure, wanted.fields)
        return web.json_response({"repository": self._system.catalogue.repository})

    async def restore(self, request: web.Request) -> web.Response:
        del request
        self._system.restore_catalogue()
        return web.json_response({"repository": self._system.catalogue.repository})

    async def rewrites(self, request: web.Request) -> web.Response:
        del request
        return web.json_response({"reference_rewrites": self._system.options.rewrites})

    async def rewrite(self, request: web.Request) -> web.Response:
        """Let the system overwrite references, as country versions and enhancements do."""
        wanted = await body(request, _Rewrite)
        try:
            self._system.options.rewrite(wanted.company_code, wanted.document_type, wanted.pattern)
        except (KeyError, IndexError, ValueError) as error:
            text = "the pattern may use {reference}, {number}, {year} and {company_code}"
            raise refuse(web.HTTPBadRequest, f"{wanted.pattern}: {text}") from error
        return await self.rewrites(request)

    async def reversal_references(self, request: web.Request) -> web.Response:
        """Say whether a reversal document gets the reference of the document it reverses."""
        wanted = await body(request, _ReversalReferences)
        self._system.options.copy_references(copied=wanted.copied)
        return web.json_response({"copied": wanted.copied})

    async def bulk_table(self, request: web.Request) -> web.Response:
        """Set the number of rows of ZMLC_BULK."""
        wanted = await body(request, _BulkTable)
        self._system.options.size_bulk_table(wanted.rows)
        return web.json_response({"rows": wanted.rows})

    async def reset(self, request: web.Request) -> web.Response:
        """Start again with the fixture."""
        del request
        self._system.reset()
        return web.json_response({})

"""The control application: all routes under /sandbox."""

from aiohttp import web

from ..listener import Listener
from ..system import System
from . import (
    books,
    co_objects,
    customizing,
    master_data,
    operations,
    scripts,
    settlement_routes,
    sums,
    texts,
    updates,
)
from .requests import errors_as_json

__all__ = ["build"]


def build(system: System, listener: Listener) -> web.Application:
    """Build the application for a system."""
    app = web.Application(middlewares=[errors_as_json])
    for routes in (
        operations.routes(system, listener),
        books.routes(system),
        settlement_routes.routes(system),
        sums.routes(system),
        texts.routes(system),
        updates.routes(system),
        scripts.routes(system),
        master_data.routes(system),
        co_objects.routes(system),
        customizing.routes(system),
    ):
        app.router.add_routes(routes)
    return app

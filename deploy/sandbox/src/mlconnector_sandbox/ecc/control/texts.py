"""Long texts as RFC_SAVE_TEXT has saved them."""

from aiohttp import web

from ..system import System

__all__ = ["routes"]


def routes(system: System) -> list[web.RouteDef]:
    """Give the routes."""

    async def texts(request: web.Request) -> web.Response:
        """List texts; object BELEG is named company code, number, year, object DOC_ITEM the same and the item."""
        query = request.query
        client = query.get("client", system.main_client)
        content = [
            {
                "object": row["TDOBJECT"],
                "name": row["TDNAME"],
                "id": row["TDID"],
                "language": row["TDSPRAS"],
                "user": row["TDLUSER"],
                "lines": [{"format": format_, "text": text} for format_, text in row["lines"]],
            }
            for row in system.texts.find(client, query.get("object", ""), query.get("name", ""))
        ]
        return web.json_response({"texts": content})

    return [web.get("/sandbox/texts", texts)]

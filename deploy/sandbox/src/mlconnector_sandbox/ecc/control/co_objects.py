"""CO objects: cost centers, profit centers, internal orders, WBS elements."""

from collections.abc import Callable
from typing import Any

import msgspec
from aiohttp import web

from ..database import Row
from ..master_rows import Fixture, cost_center_row, order_row, padded, profit_center_row, wbs_element_row
from ..system import System
from .requests import body, found, given

__all__ = ["routes"]

_Build = Callable[[Fixture, str, dict[str, Any]], tuple[str, dict[str, str | int]]]


class _CostCenter(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    number: str
    company_code: str
    text: str = ""
    profit_center: str = ""
    valid_from: str = "19000101"
    valid_to: str = "99991231"
    locked_for_costs: bool = False
    locked_for_revenues: bool = False


class _CostCenterChange(msgspec.Struct, forbid_unknown_fields=True):
    company_code: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    locked_for_costs: bool | None = None
    locked_for_revenues: bool | None = None

    def columns(self) -> dict[str, str | int]:
        """Give what is said as columns of CSKS."""
        flags = (("BKZKP", self.locked_for_costs), ("BKZER", self.locked_for_revenues))
        texts = (("BUKRS", self.company_code), ("DATAB", self.valid_from), ("DATBI", self.valid_to))
        return {
            **{column: "X" if value else "" for column, value in flags if value is not None},
            **{column: value for column, value in texts if value is not None},
        }


class _ProfitCenter(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    number: str
    valid_from: str = "19000101"
    valid_to: str = "99991231"
    locked: bool = False


class _Order(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    number: str
    company_code: str
    text: str = ""
    deleted: bool = False
    completed: bool = False


class _WbsElement(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    number: str
    company_code: str
    text: str = ""
    locked: bool = False
    deleted: bool = False


def routes(system: System) -> list[web.RouteDef]:
    """Give the routes."""
    handlers = _Objects(system)
    return [
        web.get("/sandbox/cost-centers", handlers.cost_centers),
        web.post("/sandbox/cost-centers", handlers.adding(_CostCenter, cost_center_row)),
        web.patch("/sandbox/cost-centers/{number}", handlers.change_cost_center),
        web.delete("/sandbox/cost-centers/{number}", handlers.delete_cost_center),
        web.post("/sandbox/profit-centers", handlers.adding(_ProfitCenter, profit_center_row)),
        web.post("/sandbox/orders", handlers.adding(_Order, order_row)),
        web.post("/sandbox/wbs-elements", handlers.adding(_WbsElement, wbs_element_row)),
    ]


class _Objects:
    def __init__(self, system: System) -> None:
        self._system = system
        self._client = system.main_client
        self._area = str(system.fixture["organisation"]["controlling_area"])

    def adding(self, type_: type[msgspec.Struct], build: _Build) -> Callable[[web.Request], Any]:
        """Give the handler that adds or replaces an object."""

        async def add(request: web.Request) -> web.Response:
            entry = given(await body(request, type_))
            self._system.master.put(*build(self._system.fixture, self._client, entry))
            return web.json_response({}, status=201)

        return add

    async def cost_centers(self, request: web.Request) -> web.Response:
        del request
        content = [
            {
                "number": row["KOSTL"],
                "company_code": row["BUKRS"],
                "text": row["VERAK"],
                "profit_center": row["PRCTR"],
                "valid_from": row["DATAB"],
                "valid_to": row["DATBI"],
                "locked_for_costs": bool(row["BKZKP"]),
                "locked_for_revenues": bool(row["BKZER"]),
            }
            for row in self._system.master.select("CSKS", self._client)
        ]
        return web.json_response({"cost_centers": content})

    async def change_cost_center(self, request: web.Request) -> web.Response:
        """Lock or unlock a cost center, move its validity, or give it to another company code."""
        wanted, number = await body(request, _CostCenterChange), padded(request.match_info["number"])
        row = found(self._last(number), f"cost center {number}")
        with self._system.database.transaction():
            # The end of the validity is part of the key.
            self._system.master.delete("CSKS", self._client, self._area, number, row["DATBI"])
            self._system.master.put("CSKS", {**row, **wanted.columns()})
        return web.json_response({})

    async def delete_cost_center(self, request: web.Request) -> web.Response:
        """Delete a cost center with all its validities."""
        number = padded(request.match_info["number"])
        found(self._system.master.delete("CSKS", self._client, self._area, number) or None, f"cost center {number}")
        return web.json_response({})

    def _last(self, number: str) -> Row | None:
        rows = self._system.master.select("CSKS", self._client, self._area, number)
        return max(rows, key=lambda row: str(row["DATBI"]), default=None)

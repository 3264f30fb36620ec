"""The live table of the demo: what the store sold, how far each order is, and which SAP document it became."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from iso4217 import Currency
from rich.markup import escape
from rich.table import Table

from .landscape import Landscape, http_json
from .orders import DemoOrder

__all__ = ["Status", "statuses", "table"]

Status = Mapping[str, Any]

_COLOURS: Final = {
    "posted": "green",
    "parked": "yellow",
    "in_doubt": "magenta",
    "failed": "red",
    "posting": "cyan",
    "skipped": "dim",
    "waiting": "dim",
}


def statuses(landscape: Landscape) -> dict[int, Status]:
    """Ask the relay how every order stands."""
    listed = json.loads(landscape.relay_command("orders", "list", "--json"))
    return {int(row["order"]): row for row in listed}


def table(orders: Sequence[DemoOrder], known: Mapping[int, Status], landscape: Landscape) -> Table:
    """Draw the table."""
    totals = {int(order["id"]): order for order in http_json("GET", f"{landscape.store_url}/sandbox/orders")["data"]}
    drawn = Table(title="Orders of the store, and what became of them", title_justify="left", expand=True)
    for heading in ("order", "what it shows", "store total", "state", "SAP document", "reason"):
        drawn.add_column(heading, justify="right" if heading == "store total" else "left", no_wrap=heading != "reason")
    for order in orders:
        number = int(order.description["id"])
        status = known.get(number, {})
        state = str(status.get("state", "-"))
        total = totals.get(number, {})
        drawn.add_row(
            str(number),
            order.shows,
            _money(total),
            f"[{_COLOURS.get(state, 'white')}]{state.replace('_', ' ')}[/]",
            str(status.get("document") or ""),
            escape(str(status.get("reason") or "")),
        )
    return drawn


def _money(order: Mapping[str, Any]) -> str:
    """Write the total with its currency's decimals, or with the store's four where it has more of them than zeros."""
    if not order:
        return ""
    total = Decimal(order["total_inc_tax"])
    step = Decimal(1).scaleb(-(Currency(order["currency"]).exponent or 0))
    return f"{total.quantize(step) if total == total.quantize(step) else total} {order['currency']}"

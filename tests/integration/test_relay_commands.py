"""The relay's commands as people call them, against a running store."""

import asyncio
import csv
import json
import re
import sqlite3
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from mlconnector_relay.cli.decide import MOST_AT_ONCE
from mlconnector_relay.cli.main import main
from mlconnector_relay.db import agents, jobs, ledger, mapping_checks, sap_documents, sap_readings, stores
from mlconnector_relay.db import audit as audit_rows
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.jobs import Cause, Done, JobKey, Parked, Sight, Wish
from mlconnector_relay.db.sap_documents import SapDocument
from mlconnector_relay.reconcile.records import fetched
from mlconnector_relay.reconcile.snapshot import Taken
from mlconnector_relay.sap.frozen import Frozen, frozen_text
from mlconnector_relay.trail.alerts import Alerts
from mlconnector_relay.trail.audit import Audit, Record
from mlconnector_relay.trail.sealer import Sealer
from mlconnector_relay.trail.vault import Vault
from sqlalchemy import text

from tests.support.building import built
from tests.support.hasty import HastyRuntime
from tests.support.mappings import MAPPING
from tests.support.orders import Line, an_order, revised
from tests.support.relay_state import an_entry
from tests.support.store import HASH, StoreClient, a_store
from tests.unit.relay.reconcile.test_steps import JOB

T = TypeVar("T")

ONE = "\n[decisions]\nfour_eyes = false\n"
"""One person decides about an order, in production too."""


@pytest.fixture
def dialect() -> str:
    """Commands meet the database through what is tested on both."""
    return "sqlite"


class Elsewhere:
    """A store that runs on a loop of its own, since commands bring theirs."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._stack = AsyncExitStack()
        self.store: StoreClient = self.run(self._stack.enter_async_context(a_store()))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def close(self) -> None:
        self.run(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@dataclass
class Desk:
    """A configured relay."""

    folder: Path
    url: str
    elsewhere: Elsewhere

    def call(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["--config", str(self.folder / "relay.toml"), *arguments])

    def ok(self, *arguments: str) -> str:
        result = self.call(*arguments)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    def fails(self, *arguments: str, code: int = 1) -> str:
        result = self.call(*arguments)
        assert result.exit_code == code, (result.output, result.exception)
        return result.output

    def add(self, **changes: str) -> list[str]:
        """Return the line that adds the store."""
        account = self.elsewhere.store.account
        options = {
            "tenant": "acme",
            "store-hash": HASH,
            "access-token-file": self.file("token", account.access_token),
            "client-secret-file": self.file("secret", account.client_secret),
            "code": "B1",
            "sysid": "ECC",
            "client": "100",
            "api-url": f"{self.elsewhere.store.origin}/stores/{HASH}",
            "callback-url": "https://relay.example",
        }
        options |= {name.replace("_", "-"): value for name, value in changes.items()}
        return ["store", "add", *(part for name, value in options.items() for part in (f"--{name}", value))]

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text + "\n")
        return str(path)

    def state(self, work: Any) -> Any:
        """Do something with the database and the vault."""

        async def main_() -> Any:
            database = Database(self.url)
            runtime = HastyRuntime()
            try:
                return await work(database, Vault((self.folder / "state/master.key").read_bytes(), runtime), runtime)
            finally:
                await database.close()

        return asyncio.run(main_())

    def store(self) -> stores.Store:
        async def read(database: Database, vault: Vault, runtime: HastyRuntime) -> Any:
            async with database.read() as tx:
                return await stores.by_hash(tx, "acme", HASH)

        found: stores.Store = self.state(read)
        return found

    def hooks(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.elsewhere.run(self.elsewhere.store.rest("/v3/hooks?limit=250")).body["data"]
        return rows


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    elsewhere = Elsewhere()
    (tmp_path / "relay.toml").write_text(
        f'[relay]\nstate_dir = "{tmp_path}/state"\n[database]\nurl = "{database_url}"\n'
        f'[mapping]\ndirectory = "{tmp_path}"\n'
    )
    made = Desk(tmp_path, database_url, elsewhere)
    made.ok("tenant", "add", "acme")
    yield made
    elsewhere.close()


def test_a_store_is_checked_registered_and_kept(desk: Desk) -> None:
    """Ten webhooks, each with a secret of its own; what the store says of itself."""
    said = desk.ok(*desk.add())

    assert "10 webhooks, 10 of them new" in said
    assert "EUR, Europe/Berlin" in said
    secrets = [next(iter(hook["headers"].values())) for hook in desk.hooks()]
    assert len(set(secrets)) == 10
    assert {hook["destination"] for hook in desk.hooks()} == {f"https://relay.example/callbacks/{HASH}"}
    store = desk.store()
    assert (store.tax_inclusive, store.cut_over.microsecond) == (True, 0)
    assert sorted(json.loads(store.webhooks).values()) == sorted(hook["id"] for hook in desk.hooks())


def test_adding_again_changes_nothing(desk: Desk) -> None:
    """The same secrets, the same webhooks, the same cut-over."""
    desk.ok(*desk.add())
    before, hooks = desk.store(), desk.hooks()
    said = desk.ok(*desk.add())

    after = desk.store()
    assert "0 of them new" in said
    bare = desk.add()
    del bare[bare.index("--api-url") : bare.index("--api-url") + 2]
    desk.ok(*bare)
    assert desk.store().api_url == before.api_url
    assert [(hook["id"], hook["headers"]) for hook in desk.hooks()] == [(hook["id"], hook["headers"]) for hook in hooks]
    assert (after.cut_over, after.webhooks, after.store_code) == (before.cut_over, before.webhooks, before.store_code)


def test_webhooks_move_with_our_address_and_come_back_when_lost(desk: Desk) -> None:
    """None is left at the old address, none twice."""
    desk.ok(*desk.add())
    lost = desk.hooks()[0]["id"]
    desk.elsewhere.run(desk.elsewhere.store.rest(f"/v3/hooks/{lost}", "DELETE"))
    said = desk.ok(*desk.add(callback_url="https://new.example"))

    assert "1 of them new" in said
    assert {hook["destination"] for hook in desk.hooks()} == {f"https://new.example/callbacks/{HASH}"}
    assert len(desk.hooks()) == 10


def test_what_is_fixed_for_ever_stays(desk: Desk) -> None:
    """Cut-over and code of a known store."""
    desk.ok(*desk.add(cut_over="2026-01-01T00:00:00+01:00"))
    assert "has code B1 for ever" in desk.fails(*desk.add(code="B2"))
    assert "for ever" in desk.fails(*desk.add(cut_over="2026-02-01T00:00:00+01:00"))
    assert "2025-12-31T23:00:00+00:00" in desk.ok(*desk.add(cut_over="2026-01-01T00:00:00+01:00"))


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"tenant": "nobody"}, 1, "there is no tenant nobody; known: acme"),
        ({"store_hash": "other"}, 1, "the token belongs to store abc123, not other"),
        ({"cut_over": "yesterday"}, 1, "no ISO 8601 time"),
        ({"cut_over": "2026-01-01T00:00:00"}, 1, "no time zone"),
        ({"code": "b1"}, 2, "is no store code"),
        ({"code": "ABC"}, 2, "is no store code"),
        ({"sysid": "ECCX"}, 2, "'ECCX' is no SAP system id"),
        ({"client": "1"}, 2, "'1' is no SAP client: three digits, such as 100"),
    ],
)
def test_a_wrong_call_adds_nothing(desk: Desk, changes: dict[str, str], code: int, said: str) -> None:
    """No store, no webhook, and what to do."""
    assert said in desk.fails(*desk.add(**changes), code=code)
    assert (desk.store(), desk.hooks()) == (None, [])


def test_a_wrong_address_is_told_with_its_host(desk: Desk) -> None:
    """Whoever sees a store that is not found must see where it was looked for."""
    origin = desk.elsewhere.store.origin
    assert f"{origin.removeprefix('http://')} answered HTTP 404" in desk.fails(*desk.add(api_url=f"{origin}/nowhere"))


def test_a_wrong_token_or_secret_adds_nothing(desk: Desk) -> None:
    """Told before anything is registered."""
    assert "check the access token" in desk.fails(*desk.add(access_token_file=desk.file("bad", "nonsense")))
    assert "one secret, in one line" in desk.fails(*desk.add(access_token_file=desk.file("two", "a\nb")))
    assert "one secret, in one line" in desk.fails(*desk.add(client_secret_file=desk.file("empty", "")))
    (desk.folder / "binary").write_bytes(b"\xff\xfe")
    assert "no text in UTF-8" in desk.fails(*desk.add(access_token_file=str(desk.folder / "binary")))
    assert (desk.store(), desk.hooks()) == (None, [])


def test_a_store_that_fails_half_way_is_made_good_by_repeating(desk: Desk) -> None:
    """Written down before its webhooks: what they carry is known."""
    fault = {"kind": "error", "status": 422, "path": "*/v3/hooks", "method": "POST", "times": 1}
    desk.elsewhere.run(desk.elsewhere.store.control("/faults", "POST", fault))
    assert "HTTP 422" in desk.fails(*desk.add())
    assert desk.store() is not None

    assert "10 of them new" in desk.ok(*desk.add())
    assert desk.elsewhere.run(desk.elsewhere.store.control("/faults", "DELETE")).status < 300


def test_a_store_that_answers_nonsense_is_told(desk: Desk) -> None:
    """Not a traceback."""
    fault = {"kind": "error", "status": 200, "path": "*/v2/store", "body": {"timezone": 7}}
    desk.elsewhere.run(desk.elsewhere.store.control("/faults", "POST", fault))
    assert "not a Store: " in desk.fails(*desk.add())
    desk.elsewhere.run(desk.elsewhere.store.control("/faults", "DELETE"))
    fault = {"kind": "error", "status": 200, "path": "*/v3/hooks", "method": "POST", "body": {"data": {}}}
    desk.elsewhere.run(desk.elsewhere.store.control("/faults", "POST", fault))
    assert "not a Hook: " in desk.fails(*desk.add())


def test_the_b2b_edition_is_named_once_and_stays(desk: Desk) -> None:
    """With the access token unless it has one of its own; repeating the command without a word keeps both."""
    origin, other = desk.elsewhere.store.origin, {"access_token": "a token of its own"}
    assert "; no B2B Edition" in desk.ok(*desk.add(), "--no-b2b")
    assert f"; B2B Edition at {origin}" in desk.ok(*desk.add(b2b_api_url=origin), "--b2b")
    assert (desk.store().b2b_url, desk.store().b2b_token) == (origin, None)
    assert "check the access token" in desk.fails(*desk.add(b2b_token_file=desk.file("own", "nonsense")))
    desk.elsewhere.run(desk.elsewhere.store.control("/accounts", "POST", other))
    desk.ok(*desk.add(b2b_token_file=desk.file("own", other["access_token"])))
    desk.ok(*desk.add())
    kept = desk.store()

    async def token(database: Database, vault: Vault, runtime: HastyRuntime) -> Any:
        del database, runtime
        return vault.open_secret(kept.b2b_token)

    assert (kept.b2b_url, desk.state(token)) == (origin, other["access_token"])
    assert json.loads(desk.ok("store", "list", "--json"))[0]["b2b_url"] == origin
    desk.elsewhere.run(desk.elsewhere.store.control("/b2b", "PATCH", {"enabled": False}))
    assert "/api/v3/io/orders: HTTP 403" in desk.fails(*desk.add())
    desk.ok(*desk.add(), "--no-b2b")
    assert (desk.store().b2b_url, desk.store().b2b_token) == (None, None)


def test_stores_are_listed_without_their_secrets(desk: Desk) -> None:
    """As a table and as JSON."""
    assert desk.ok("store", "list") == "none\n"
    desk.ok(*desk.add(cut_over="2026-01-01T00:00:00+01:00"))
    [row] = json.loads(desk.ok("store", "list", "--json"))
    assert (row["store_hash"], row["code"], row["sap"], row["cut_over"], row["swept_until"]) == (
        HASH,
        "B1",
        "ECC 100",
        "2025-12-31 23:00:00",
        "never",
    )
    assert not [name for name in row if "token" in name or "secret" in name]
    assert f"acme    {HASH}  B1" in desk.ok("store", "list", "--tenant", "acme")


def test_tenants_have_slugs(desk: Desk) -> None:
    """Once; again changes nothing."""
    assert "was there already" in desk.ok("tenant", "add", "acme")
    assert "is no slug" in desk.fails("tenant", "add", "Acme!", code=2)
    desk.ok("tenant", "add", "beta", "--name", "Beta GmbH")
    assert "beta    Beta GmbH" in desk.ok("tenant", "list")
    assert [one["tenant"] for one in json.loads(desk.ok("tenant", "list", "--json"))] == ["acme", "beta"]


def test_the_schema_is_brought_up_to_date(desk: Desk) -> None:
    """Safe to repeat; without it every command says so."""
    assert "up to date" in desk.ok("db", "upgrade")
    fresh = desk.folder / "fresh.toml"
    fresh.write_text((desk.folder / "relay.toml").read_text().replace("relay.db", "fresh.db"))
    for command in (["orders", "list"], ["tenant", "add", "beta"]):
        result = CliRunner().invoke(main, ["--config", str(fresh), *command])
        assert (result.exit_code, "run `mlconnector-relay db upgrade`" in result.output) == (1, True)
    assert (desk.folder / "fresh.db").stat().st_mode & 0o777 == 0o600
    assert CliRunner().invoke(main, ["--config", str(fresh), "db", "upgrade"]).exit_code == 0
    assert CliRunner().invoke(main, ["--config", str(fresh), "orders", "list"]).output == "none\n"
    fresh.write_text((desk.folder / "relay.toml").read_text().replace("sqlite", "mysql"))
    result = CliRunner().invoke(main, ["--config", str(fresh), "db", "upgrade"])
    assert (result.exit_code, "is neither sqlite:///path nor" in result.output) == (1, True)


def test_a_mapping_is_checked_with_all_its_errors(desk: Desk) -> None:
    """Before it is in force."""
    good = desk.file("acme.toml", MAPPING)
    assert "is valid: version shop@" in desk.ok("mapping", "check", good)
    bad = desk.fails("mapping", "check", desk.file("bad.toml", 'name = 1\nnonsense = 2\n[[taxes]]\nrate = "x"\n'))
    assert bad.count("\n  ") >= 3


def test_a_check_shows_what_becomes_of_the_ids_of_payments(desk: Desk) -> None:
    """Per rule, in words and by an example as long as they come; one that does not fit is told."""
    rules = '[[clearing]]\ngateways = ["square"]\ngl_account = "113200"\nmatch_rule = "last"\n'
    file = desk.file("acme.toml", f'{MAPPING}\n{rules}[[clearing]]\ngl_account = "113900"\n')
    said = desk.ok("mapping", "check", file)
    assert "matching key of square (clearing[0]): its last 20 characters in reference_key_3 (REF_KEY_3, 20 " in said
    assert (
        "an id of 49 characters, R2B3Z8WMVt3EAmzY_WLZvz7Y69EbZYzWYwgqmqVqKgxnJvYxy, becomes YzWYwgqmqVqKgxnJvYxy"
        in said
    )
    assert "matching key of any gateway (clearing[1]): the whole id in reference_key_3" in said
    assert "does not fit; such a payment would park" in said
    assert "companies.purchase_order" not in said
    rules = '[companies.purchase_order]\nmatch_field = "reference_key_2"\n'
    said = desk.ok("mapping", "check", desk.file("b2b.toml", f"{MAPPING}\n{rules}"))
    key = "the whole number in reference_key_2 (REF_KEY_2, 12 characters)"
    assert f"matching key of purchase orders of companies (companies.purchase_order): {key}\n" in said
    assert "  a number of 15 characters, PO-2026-0004711, does not fit; such an order would park\n" in said
    last, whole = json.loads(desk.ok("mapping", "check", file, "--json"))["matching_keys"]
    assert (last["becomes"], whole["becomes"]) == (last["example"][-20:], None)


def test_a_mapping_is_asked_for_every_product_of_the_store(desk: Desk) -> None:
    """What has no rule, with the products; variants count where rules select on SKUs."""
    good = desk.file("acme.toml", MAPPING)
    assert "no active store" in desk.fails("mapping", "check", good, "--catalogue", "--tenant", "acme")
    desk.ok(*desk.add())
    said = desk.ok("mapping", "check", good, "--catalogue").splitlines()
    assert said[1].startswith(f"looked up in store {HASH}: ")
    assert said[1].endswith(" products and variants")
    assert len(said) == 2
    rules = '[[accounts]]\ngl_account = "800900"\ncost_center = "4100"\n'
    assert rules in MAPPING
    gaps = MAPPING.replace(rules, '[[accounts]]\nskus = ["GA-*"]\ngl_account = "800900"\ncost_center = "4100"\n')
    said = desk.fails("mapping", "check", desk.file("gaps.toml", gaps), "--catalogue")
    assert "error: no account for category" in said
    assert " products: " in said

    answer = json.loads(desk.fails("mapping", "check", desk.file("gaps.toml", gaps), "--catalogue", "--json"))
    assert [one["where"] for one in answer["looked_up"]] == [f"store {HASH}"]
    assert answer["looked_up"][0]["products"] > 0
    found = answer["findings"]
    assert {one["check"] for one in found} == {"catalogue"}
    assert all(one["count"] >= len(one["examples"]) >= 1 for one in found)


def test_a_mapping_is_looked_up_in_sap_by_a_running_relay(desk: Desk) -> None:
    """The command asks and waits; what is found exits with 1, a warning alone with 0."""
    desk.ok(*desk.add())
    file = desk.file("acme.toml", MAPPING)
    assert "ECC client 100 did not answer in 0 s" in desk.fails("mapping", "check", file, "--sap", "--wait", "0")
    place = ["accounts", 1, "gl_account"]

    async def serve(database: Database, vault: Vault, runtime: HastyRuntime, state: Any, result: str) -> None:
        due: list[Any] = []
        while not due:
            await asyncio.sleep(0.05)
            async with database.read() as tx:
                due = await mapping_checks.due(tx, "acme", runtime.now() - timedelta(days=1))
        for one in due:
            at = runtime.now()
            await database.write(
                lambda tx, one=one, at=at: mapping_checks.answer(tx, "acme", one.check_id, state, result, at)
            )

    desk.state(partial(serve, state="done", result="[]"))  # the one nobody answered above
    error = json.dumps([{"severity": "error", "loc": place, "sentence": "is blocked"}])
    warning = json.dumps([{"severity": "warning", "loc": [], "sentence": "was not read"}])
    for state, result, code, said in (
        ("done", error, 1, f"error: {file}: line 24, accounts[1].gl_account: is blocked"),
        ("done", warning, 0, "warning: was not read"),
        ("failed", "the line broke", 1, "ECC client 100 was not asked: the line broke"),
    ):
        relay = threading.Thread(target=desk.state, args=(partial(serve, state=state, result=result),))
        relay.start()
        answered = desk.call("mapping", "check", file, "--sap", "--at", "2026-03-01", "--wait", "20")
        relay.join()
        assert (answered.exit_code, said in answered.output) == (code, True), answered.output
        if state == "done":
            looked_up = "looked up in ECC client 100 as of 2026-03-01: 11 G/L accounts, 4 cost centers, 3 tax codes, "
            assert looked_up + "1 one-time customer, 2 document types" in answered.output


def test_a_mapping_is_tried_over_the_last_orders(desk: Desk) -> None:
    """Each order once, as it was seen last; what was erased is left out with a warning; nothing is written."""
    file = desk.file("other.toml", MAPPING.replace('gl_account = "800000"', 'gl_account = "800005"'))
    desk.ok(*desk.add(cut_over="2020-01-01T00:00:00Z"))
    assert "no mapping of tenant acme is in force" in desk.fails("mapping", "preview", file)
    version = desk.ok("mapping", "propose", desk.file("acme.toml", MAPPING), "--by", "ann").split()[0]
    desk.ok("mapping", "activate", version, "--by", "bob")
    assert desk.ok("mapping", "preview", file) == "0 orders: none was ever looked at\n"

    async def fill(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
        trail, now = Audit(vault, runtime), runtime.now()
        for order, gross in ((7, "11.90"), (7, "119.00"), (8, "238.00"), (9, "1.00")):
            snapshot = an_order(Line(gross))
            kept = Taken(revised(snapshot, id=order), (), asked=False)
            record = replace(fetched(JOB, kept), subject=f"{HASH}/{order}")
            await database.write(lambda tx, record=record: trail.record(tx, record, now))
        await database.write(lambda tx: vault.erase(tx, "acme", f"{HASH}/9", "asked for"))

    desk.state(fill)
    result = desk.call("mapping", "preview", file)
    assert f"{HASH}/9 is left out" in result.stderr
    said = result.stdout
    assert said.startswith("2 orders: 2 changed")
    assert "1000 DR EUR 800005 4200 A1" in said
    assert "-300.00" in said
    found = json.loads(desk.call("mapping", "preview", file, "--json").stdout)
    assert [one["order"] for one in found["changes"]] == [8, 7]
    assert {row["gl_account"]: row["difference"] for row in found["sums"]} == {
        "800000": "300.00", "800005": "-300.00", "tax": "0.00",
    }  # fmt: skip
    assert json.loads(desk.call("mapping", "preview", file, "--last", "1", "--json").stdout)["orders"] <= 1
    rows = list(csv.DictReader(desk.call("mapping", "preview", file, "--csv").stdout.splitlines()))
    assert [(row["order"], row["gl_account"], row["after"]) for row in rows] == [
        ("8", "800000", "0"), ("8", "800005", "-200.00"), ("7", "800000", "0"), ("7", "800005", "-100.00"),
    ]  # fmt: skip


def test_rules_go_out_as_csv_and_come_back(desk: Desk) -> None:
    """Of the mapping in force or of a file; with mistakes nothing is written."""
    file, sheet = desk.file("acme.toml", MAPPING), str(desk.folder / "rules.csv")
    assert "name a file with --of" in desk.fails("mapping", "export", "--csv", sheet)
    version = desk.ok("mapping", "propose", file, "--by", "ann").split()[0]
    desk.ok("mapping", "activate", version, "--by", "bob")
    assert f"3 account rules, 3 tax rules, 0 document rules of {version}" in desk.ok(
        "mapping", "export", "--csv", sheet
    )
    assert Path(sheet).read_bytes().startswith(b"\xef\xbb\xbfsection,")
    printed = desk.ok("mapping", "export", "--csv", "-", "--of", file, "--separator", "tab")
    assert printed.startswith("section\tskus\t")

    text = Path(sheet).read_text("utf-8-sig")
    Path(sheet).write_text(text.replace("800100", "800111"), "utf-8")
    dry = desk.ok("mapping", "import", sheet, "--into", file, "--dry-run")
    assert dry == MAPPING.replace("800100", "800111")
    assert "3 account rules, 3 tax rules, 0 document rules, version shop@" in desk.ok(
        "mapping", "import", sheet, "--into", file
    )
    assert Path(file).read_text("utf-8") == dry

    Path(sheet).write_text(text.replace("800100", "no account"), "utf-8")
    assert "row 4, column gl_account (U): " in desk.fails("mapping", "import", sheet, "--into", file)
    assert Path(file).read_text("utf-8") == dry
    nowhere = str(desk.folder / "no/x.csv")
    assert "Could not open file" in desk.fails("mapping", "export", "--of", file, "--csv", nowhere)


def test_a_mapping_is_proposed_by_one_and_put_in_force_by_another(desk: Desk) -> None:
    """Dated or not, and back; every decision is listed."""
    first, second = desk.file("a.toml", MAPPING), desk.file("b.toml", MAPPING.replace("800900", "800901") + ONE)
    version = json.loads(desk.ok("mapping", "check", first, "--json"))["version"]
    assert f"{version} is proposed; next: mapping activate {version}" in desk.ok(
        "mapping", "propose", first, "--by", "ann"
    )
    assert "was proposed before" in desk.ok("mapping", "propose", first, "--by", "bob")
    assert "four eyes" in desk.fails("mapping", "activate", version, "--by", "ann")
    assert "decision 1 by bob" in desk.ok("mapping", "activate", version, "--by", "bob", "--reason", "reviewed")
    assert "in force before" in desk.fails("mapping", "rollback", "--by", "bob", "--reason", "x")

    later = desk.ok("mapping", "propose", second, "--by", "ann").split()[0]
    said = desk.ok("mapping", "activate", later, "--by", "bob", "--from", "2027-01-01")
    assert f"{later} is in force for orders placed from 2027-01-01 on, decision 2 by bob" in said
    assert "decision 3 by bob" in desk.ok("mapping", "rollback", "--by", "bob", "--reason", "wrong accounts")

    listed = json.loads(desk.ok("mapping", "list", "--json"))
    assert [one["version"] for one in listed["in_force"]] == [version, later, version]
    assert [one["author"] for one in listed["versions"]] == ["ann", "ann"]
    assert [(one["sequence"], one["version"], one["approver"]) for one in listed["applies"]] == [(3, version, "bob")]
    said = desk.ok("mapping", "list")
    assert "wrong accounts" in said
    assert said.startswith(f"in force: {version}, decided 20")
    assert "UTC by bob, decision 3" in said.splitlines()[0]
    desk.ok("mapping", "activate", later, "--by", "bob", "--from", "2031-01-01")
    assert f"for orders placed from 2031-01-01 on: {later}, decided 20" in desk.ok("mapping", "list")
    assert "800901" in desk.ok("mapping", "show")
    assert desk.ok("mapping", "show", version) == MAPPING + "\n"
    assert "800901" in desk.ok("mapping", "show", later)
    assert "has no mapping nosuch" in desk.fails("mapping", "show", "nosuch")
    assert "has no mapping nosuch" in desk.fails("mapping", "activate", "nosuch", "--by", "bob")


def test_where_files_decide_nobody_else_does(desk: Desk) -> None:
    """Two masters would overrule each other; where one person may, the author may."""
    file = desk.file("a.toml", MAPPING)
    version = desk.ok("mapping", "propose", file, "--by", "ann").split()[0]
    config = desk.folder / "relay.toml"
    text = config.read_text()
    config.write_text(text.replace("[mapping]\n", '[mapping]\nactivation = "file"\n'))
    said = desk.ok("mapping", "propose", desk.file("b.toml", MAPPING + "#"), "--by", "ann")
    assert said.endswith(f" is proposed; next: put it into {desk.folder}/acme.toml, which decides here\n")
    assert "decides; change it there" in desk.fails("mapping", "activate", version, "--by", "bob")
    assert "decides; change it there" in desk.fails("mapping", "rollback", "--by", "bob", "--reason", "x")
    config.write_text(text.replace("[mapping]\n", '[mapping]\nactivation = "one_person"\n'))
    assert "decision 1 by ann" in desk.ok("mapping", "activate", version, "--by", "ann")


def test_the_procedure_of_a_day_is_what_was_in_force(desk: Desk) -> None:
    """With who decided it; before the first decision there was none."""
    desk.ok(*desk.add())
    assert "was in force on 2030-01-01" in desk.fails("procedure", "--at", "2030-01-01")
    first = desk.ok("mapping", "propose", desk.file("a.toml", MAPPING), "--by", "ann").split()[0]
    desk.ok("mapping", "activate", first, "--by", "bob", "--reason", "reviewed")
    later = desk.ok("mapping", "propose", desk.file("b.toml", MAPPING.replace("800900", "800901") + ONE), "--by", "ann")
    desk.ok("mapping", "activate", later.split()[0], "--by", "bob", "--from", "2031-01-01")

    before, after = (desk.ok("procedure", "--at", day) for day in ("2030-12-31", "2031-01-01"))
    assert f"mapping `{first}`, proposed by ann on" in before
    assert "put in force by bob on" in before
    assert ": reviewed. Who may put a mapping in force: four eyes. Who decides about an order: four eyes." in before
    assert f"| {HASH} | B1 | ECC client 100 |" in before
    assert "SAP's books are read back and compared every day at 03:00 UTC, 62 days back." in before
    assert "| `post` | 11 Awaiting Fulfillment, " in before
    assert ("| 800900 |" in before, "| 800901 |" in before) == (True, False)
    assert ("| 800900 |" in after, "| 800901 |" in after) == (False, True)
    assert ", for orders from 2031-01-01 on" in after
    assert "Who decides about an order: one person." in after

    target = desk.folder / "procedure.md"
    assert desk.ok("procedure", "--at", "2030-12-31", "--output", str(target)) == f"written to {target}\n"
    assert target.read_text().splitlines()[0] == "# Procedure documentation of acme, as of 2030-12-31"
    assert "was in force on 2020-01-01" in desk.fails("procedure", "--at", "2020-01-01")
    desk.ok("tenant", "add", "globex")
    assert "name one with --tenant" in desk.fails("procedure", "--at", "2030-12-31")


def test_a_mapping_needs_its_tenant_where_there_are_several(desk: Desk) -> None:
    """Or one at all; and an empty book says so."""
    assert "tenant acme has no mapping in force" in desk.fails("mapping", "show")
    desk.ok("tenant", "add", "globex")
    assert "name one with --tenant: acme, globex" in desk.fails("mapping", "list")
    assert desk.ok("mapping", "list", "--tenant", "globex") == (
        "nothing is in force\n\nproposed\nnone\n\nput in force\nnone\n"
    )


OWN_MESSAGE = """
[[messages]]
codes = ["ZFI 007", "F5 201"]
cause = "credit_limit"
area = "master_data"
remedy = "Raise the credit limit, then release."
"""


def test_messages_are_checked_listed_and_found_missing(desk: Desk) -> None:
    """A tenant's own lie over the relay's; what nobody described is counted."""
    desk.ok(*desk.add())
    file = desk.folder / "acme.messages.toml"
    file.write_text("[[messages]]\ncodes = []\n")
    assert "messages[0].cause: Field required" in desk.fails("messages", "check", str(file))
    file.write_text(OWN_MESSAGE)
    assert "2 messages; over the relay's own: F5 201" in desk.ok("messages", "check", str(file))

    listed = {row["message"]: row for row in json.loads(desk.ok("messages", "list", "--tenant", "acme", "--json"))}
    assert [listed[code]["from"] for code in ("ZFI 007", "F5 201", "F5 102")] == ["acme", "acme", "relay"]
    assert "ZFI 007" not in desk.ok("messages", "list")

    async def park(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
        for order, key in enumerate(["sap:ZFI 007,customer=1", "sap:ZFI 008", "sap:ZFI 008", "tax:x"], 1):
            await database.write(lambda tx, order=order: jobs.enqueue(tx, JobKey("acme", HASH, order), runtime.now()))
            [job] = await database.write(lambda tx: jobs.lease(tx, "me", runtime.now(), 1, 60.0))
            parked = Parked((Cause(key, "no"),), "no")
            await database.write(lambda tx, job=job, parked=parked: jobs.settle(tx, job, parked, runtime.now()))

    desk.state(park)
    assert json.loads(desk.ok("messages", "unknown", "--json")) == [
        {"tenant": "acme", "message": "ZFI 008", "orders": 2}
    ]
    assert "ZFI 008" in desk.ok("messages", "unknown")


def test_the_worklist_shows_what_is_blocked_and_releases_what_is_cured(desk: Desk) -> None:
    """One entry per cause, with suggestions; releasing is audited, and touches exactly those orders."""
    assert desk.ok("worklist", "list") == "none\n"
    desk.ok(*desk.add())
    version = desk.ok("mapping", "propose", desk.file("m.toml", MAPPING), "--by", "ann").split()[0]
    missing, closed = "tax:country=AT,rate=19,company_code=1000", "sap:F5 201,period=010"

    async def park(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
        now = runtime.now()
        for order, key in enumerate([missing, closed, closed], 1):
            await database.write(lambda tx, order=order: jobs.enqueue(tx, JobKey("acme", HASH, order), now))
            [job] = await database.write(lambda tx: jobs.lease(tx, "me", runtime.now(), 1, 60.0))
            parked, sight = Parked((Cause(key, "cure it"),), "no"), Sight(now, now, Decimal("10.5000"), "EUR")
            await database.write(
                lambda tx, job=job, parked=parked, sight=sight: jobs.settle(tx, job, parked, now, sight)
            )

    desk.state(park)
    assert json.loads(desk.ok("worklist", "list", "--json"))[0]["suggestions"] == []
    desk.ok("mapping", "activate", version, "--by", "bob")
    first, second = json.loads(desk.ok("worklist", "list", "--json"))
    assert (first["cause"], first["orders"], first["blocked"]) == (missing, 1, ["10.50 EUR"])
    assert first["suggestions"] == ["tax code A1, as taxes[0] has for 19 % in DE"]
    assert (second["cause"], second["orders"], second["blocked"]) == (closed, 2, ["21.00 EUR"])
    assert "2 orders, 21.00 EUR blocked since" in desk.ok("worklist", "list")
    assert "perhaps tax code A1" in desk.ok("worklist", "list", "--owner", "finance")
    assert desk.ok("worklist", "list", "--owner", "basis") == "none\n"
    assert "'nobody' is not one of" in desk.fails("worklist", "list", "--owner", "nobody", code=2)

    assert [row["order_id"] for row in json.loads(desk.ok("worklist", "show", closed, "--json"))] == [2, 3]
    assert "10.50 EUR" in desk.ok("worklist", "show", closed)
    assert desk.fails("worklist", "show", "nosuch").startswith("error: no order waits for 'nosuch'")
    said = desk.ok("worklist", "release", closed, "--by", "bob", "--reason", "period opened")
    assert said == f"looked at again: 2 orders that waited for {closed}\n"
    assert "no order waits" in desk.fails("worklist", "release", "nosuch", "--by", "bob", "--reason", "x")

    async def due_and_told(database: Database, vault: Vault, runtime: HastyRuntime) -> Any:
        async with database.read() as tx:
            due = [job.order_id for job in await jobs.find(tx, "acme") if job.due_at is not None]
            told = await audit_rows.of_subject(tx, "acme", "worklist")
        return due, [json.loads(row.fields) for row in told]

    due, told = desk.state(due_and_told)
    assert due == [2, 3]
    assert told == [{"cause": closed, "orders": 2, "by": "bob", "reason": "period opened"}]


def activate(desk: Desk, decisions: str) -> None:
    """Put a mapping in force that says how people decide."""
    text = MAPPING.replace("[[company_codes]]", f"{decisions}\n[[company_codes]]", 1)
    version = desk.ok("mapping", "propose", desk.file("m.toml", text), "--by", "ann").split()[0]
    desk.ok("mapping", "activate", version, "--by", "bob")


def test_people_decide_what_no_rule_decides(desk: Desk) -> None:
    """They see what may be chosen and what follows, and decide exactly that; shown with the order and in its trace."""
    desk.ok(*desk.add())
    activate(desk, ONE)
    key = "decision:edit:7"

    async def park(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
        now = runtime.now()
        for order in (7, 8):
            cause = Cause(
                f"decision:edit:{order}", f"owes {order} more", choices=("supplement", "leave"), proposal="d" * 64
            )
            causes = (
                (cause, Cause("decision:other", "x", choices=("leave",), proposal="d" * 64)) if order == 8 else (cause,)
            )
            await database.write(lambda tx, order=order: jobs.enqueue(tx, JobKey("acme", HASH, order), now))
            [job] = await database.write(lambda tx: jobs.lease(tx, "me", runtime.now(), 1, 60.0))
            parked = Parked(causes, "decide")
            await database.write(lambda tx, job=job, parked=parked: jobs.settle(tx, job, parked, now))

    desk.state(park)
    assert "decide: supplement, leave" in desk.ok("worklist", "list")
    listed = desk.ok("worklist", "decide", "7")
    assert "owes 7 more" in listed
    assert "--choose supplement          post the difference alone" in listed
    assert f"--proposal {'d' * 12}" in listed
    [shown] = json.loads(desk.ok("worklist", "decide", key, "--json"))
    assert (shown["order"], list(shown["choices"]), shown["to_confirm"]) == (7, ["supplement", "leave"], "")

    by = ("--by", "ida", "--reason", "the customer agreed")
    who = ("--proposal", "d" * 12, *by)
    assert "needs --by and --reason" in desk.fails("worklist", "decide", "7", "--choose", "leave", code=2)
    for unseen in ((), ("--proposal", ""), ("--proposal", "ddddddd")):
        refused = desk.fails("worklist", "decide", "7", "--choose", "leave", *unseen, *by, code=2)
        assert "needs --proposal as listed" in refused
    other = ("--proposal", "abcdef012345")
    assert "has changed" in desk.fails("worklist", "decide", "7", "--choose", "leave", *other, *by)
    assert "waits for several decisions" in desk.fails("worklist", "decide", "8", "--choose", "leave", *who)
    assert "choices: supplement, leave" in desk.fails("worklist", "decide", key, "--choose", "repost", *who)
    assert "nothing is to be decided" in desk.fails("worklist", "decide", "decision:none", "--choose", "leave", *who)
    assert desk.fails("worklist", "show", "no\udce9").startswith("error: 'utf-8'")
    for reason in ("no\udce9", "fine\x1b[2J", " ", "x" * 1001):
        bad = ("--choose", "leave", "--proposal", "d" * 12, "--by", "ida", "--reason", reason)
        assert "one line of printable text" in desk.fails("worklist", "decide", "7", *bad, code=2)
    said = desk.ok("worklist", "decide", key, "--choose", "supplement", *who)
    assert said == "order 7: decision:edit:7: supplement, decided by ida; it is looked at again\n"
    assert "ida has chosen supplement already" in desk.fails("worklist", "decide", "7", "--choose", "leave", *who)
    [other] = json.loads(desk.ok("worklist", "decide", "8", "--choose", "supplement", *who, "--json"))
    assert (other["cause"], other["by"]) == ("decision:edit:8", "ida")

    order = json.loads(desk.ok("orders", "show", "7", "--json"))
    assert [(one["choice"], one["by"], one["reason"]) for one in order["decisions"]] == [
        ("supplement", "ida", "the customer agreed")
    ]
    assert "decided      taken by ida: supplement, decision:edit:7" in desk.ok("trace", "7")


def test_a_decision_is_for_one_store(desk: Desk) -> None:
    """Orders of two stores have one number: what is decided for one says nothing of the other."""
    desk.ok(*desk.add())
    other = "other1"

    async def park(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
        [first] = await database.write(lambda tx: stores.of_tenant(tx, "acme"))
        second = replace(first, store_hash=other, store_code="B2")
        await database.write(lambda tx: stores.save(tx, second))
        cause = Cause("decision:edit:7", "edited", choices=("supplement", "leave"), proposal="d" * 64)
        for place in (HASH, other):
            await database.write(lambda tx, place=place: jobs.enqueue(tx, JobKey("acme", place, 7), runtime.now()))
            [job] = await database.write(lambda tx: jobs.lease(tx, "me", runtime.now(), 1, 60.0))
            await database.write(lambda tx, job=job: jobs.settle(tx, job, Parked((cause,), "decide"), runtime.now()))

    desk.state(park)
    choose = ("worklist", "decide", "decision:edit:7", "--choose", "leave", "--proposal", "d" * 12)
    choose = (*choose, "--by", "ida", "--reason", "agreed")
    assert f"--store-hash {other}" in desk.fails(*choose)
    [made] = json.loads(desk.ok(*choose, "--store-hash", other, "--json"))
    assert made["choice"] == "leave"
    [left] = json.loads(desk.ok("orders", "show", "7", "--store-hash", other, "--json"))["decisions"]
    assert left["by"] == "ida"
    assert json.loads(desk.ok("orders", "show", "7", "--store-hash", HASH, "--json"))["decisions"] == []


def test_what_many_orders_are_listed_for_is_acknowledged_at_once(desk: Desk) -> None:
    """As many as one transaction has room for; the list says how many are left."""
    desk.ok(*desk.add())
    activate(desk, ONE)
    key = f"archived:{HASH}"

    async def show(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
        cause = Cause(key, "archived in the store", choices=("leave",), proposal="d" * 64)
        done = Done("posted", "document 1", listed=(cause,))
        now = runtime.now()
        wishes = [Wish(JobKey("acme", HASH, order), now) for order in range(1, MOST_AT_ONCE + 3)]
        await database.write(lambda tx: jobs.enqueue_many(tx, wishes, now))
        taken = await database.write(lambda tx: jobs.lease(tx, "me", runtime.now(), len(wishes), 60.0))

        async def settled(tx: Any) -> None:
            for job in taken:
                await jobs.settle(tx, job, done, now)

        await database.write(settled)

    desk.state(show)
    assert f"{MOST_AT_ONCE} orders of store {HASH}: {key}" in desk.ok("worklist", "decide", key)
    choose = ("worklist", "decide", key, "--choose", "leave", "--proposal", "d" * 12, "--by", "ida", "--reason", "old")
    assert desk.ok(*choose).startswith(f"{MOST_AT_ONCE} orders: {key}: leave, decided by ida; see `worklist show`")
    assert "\n  2 orders, nothing known blocked" in desk.ok("worklist", "list")
    assert desk.ok(*choose).startswith("2 orders: ")
    assert desk.ok("worklist", "list") == "none\n"


@pytest.mark.parametrize("said", ["", "[decisions]\nfour_eyes = true\n"])
def test_a_second_person_confirms_in_production_and_where_the_mapping_says_so(desk: Desk, said: str) -> None:
    """Who has chosen what is shown until then."""
    desk.ok(*desk.add())
    if said:
        activate(desk, said)

    async def park(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
        cause = Cause("decision:edit:7", "edited", choices=("supplement", "leave"), proposal="d" * 64)
        await database.write(lambda tx: jobs.enqueue(tx, JobKey("acme", HASH, 7), runtime.now()))
        [job] = await database.write(lambda tx: jobs.lease(tx, "me", runtime.now(), 1, 60.0))
        await database.write(lambda tx: jobs.settle(tx, job, Parked((cause,), "decide"), runtime.now()))

    desk.state(park)
    choose = ("worklist", "decide", "7", "--choose", "supplement", "--proposal", "d" * 12)
    choose = (*choose, "--reason", "agreed", "--by")
    chosen = "supplement, chosen by ida; nothing follows until somebody else chooses the same\n"
    assert desk.ok(*choose, "ida") == f"order 7: decision:edit:7: {chosen}"
    assert "to be confirmed by somebody else: supplement, chosen by ida" in desk.ok("worklist", "decide", "7")
    for same in ("ida", "Ida", " ida "):
        assert "somebody else has to confirm" in desk.fails(*choose, same)
    assert "decided by ida, confirmed by otto" in desk.ok(*choose, "otto")


def some_books(desk: Desk, *, read: bool) -> None:
    """An order posted and one parked, one never fetched; what SAP holds of them, if it was read."""
    desk.ok(*desk.add())

    async def work(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
        placed = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # the next day in Berlin
        for order, outcome, total in ((1, Done("posted", "document 1"), "119.0000"), (2, Parked((), "no"), "20")):
            await database.write(lambda tx, order=order: jobs.enqueue(tx, JobKey("acme", HASH, order), placed))
            [job] = await database.write(lambda tx: jobs.lease(tx, "me", runtime.now(), 1, 60.0))
            sight = Sight(placed, placed, Decimal(total), "EUR")
            await database.write(
                lambda tx, job=job, outcome=outcome, sight=sight: jobs.settle(tx, job, outcome, placed, sight)
            )
        await database.write(lambda tx: jobs.enqueue(tx, JobKey("acme", HASH, 3), placed))
        facts = '{"v":1,"day":"20260302","customer":"99000"}'
        for order, settled in ((1, placed), (4, runtime.now())):
            new = an_entry(order, store_hash=HASH, reference=f"B1-{order}-I", facts=facts)
            await database.write(lambda tx, new=new: ledger.intend(tx, new, placed))
            key = f"00000001{order:02}10002026"
            await database.write(
                lambda tx, new=new, settled=settled, key=key: ledger.outcome(
                    tx,
                    "acme",
                    new.posting_id,
                    1,
                    "posted",
                    settled,
                    instance="berlin",
                    object_key=key,
                )
            )
        if not read:
            return
        at = placed + timedelta(hours=5)
        await database.write(
            lambda tx: sap_readings.ask(tx, sap_readings.asked("acme", "r", ("ECC", "100"), at.date(), at, daily=True))
        )
        await database.write(lambda tx: sap_readings.take(tx, "acme", "r", 0, at, at))
        await database.write(lambda tx: sap_readings.end(tx, "acme", "r", 1, "done", at, documents=1))
        document = SapDocument(
            *("acme", "ECC", "100", "1000", "0000000001", "2026", "DR", "B1-1-I", "MLC"),
            *(date(2026, 3, 2), date(2026, 3, 2), "EUR", Decimal("100.00"), "", None, "A1=15.97"),
        )
        await database.write(lambda tx: sap_documents.keep(tx, [document]))

    desk.state(work)


def test_totals_stand_side_by_side(desk: Desk) -> None:
    """By the store's day: what was posted before the reading and is not there in full is a difference."""
    some_books(desk, read=True)
    [found] = json.loads(desk.ok("totals", "--day", "2026-03-02", "--json"))

    assert found["days"] == [
        {
            "day": "2026-03-02",
            "currency": "EUR",
            "sold": {"count": 2, "amount": "139.00"},
            "between": {"parked": {"count": 1, "amount": "20.00"}},
            "posted": {"count": 2, "amount": "238.00"},
            "late": {"count": 0, "amount": "0.00"},
            "payments": {"count": 0, "amount": "0.00"},
            "newer": {"count": 1, "amount": "119.00"},
            "sap": {"count": 1, "amount": "100.00"},
            "sap_payments": {"count": 0, "amount": "0.00"},
            "difference": "-19.00",
        }
    ]
    assert (found["sums"][0]["sold"], found["unseen"]) == ({"count": 2, "amount": "139.00"}, {"waiting": 1})
    table = desk.ok("totals", "--from", "2026-03-01", "--to", "2026-03-31")
    assert "SAP ECC client 100 was read" in table
    assert "1 order never fetched, so without an amount: waiting" in table
    assert [line.split()[-1] for line in table.splitlines() if "2026-03-02  " in line] == ["-19.00"]


def test_differences_are_listed_for_people_and_for_machines(desk: Desk) -> None:
    """The same lines as table, CSV and JSON, each with its cause, owner and next step."""
    some_books(desk, read=True)
    days = ("--from", "2026-03-01", "--to", "2026-03-31")
    rows = json.loads(desk.ok("reconciliation", *days, "--format", "json"))

    # Order 1's document was entered before the days read, but another one of 100.00 has its reference; order 2 is
    # parked; order 4's document came after the reading.
    assert sorted((row["cause"], row["amount"], row["owner"]) for row in rows) == [
        ("not_read", "-119.00", "nobody"),
        ("parked", "-20.00", "finance"),
        ("posted_twice", "100.00", "finance"),
        ("timing", "-119.00", "nobody"),
    ]
    lines = desk.ok("reconciliation", *days, "--format", "csv").splitlines()
    assert lines[0] == "tenant,day,currency,amount,cause,wrong,closed,what,detail,owner,next step"
    assert len(lines) == 5
    assert ",no,,order 2 of " in "".join(lines)
    assert ",yes,,document 1/1000/2026 (B1-1-I)," in "".join(lines)
    table = desk.ok("reconciliation", *days)
    assert "order 2 of" in table
    assert "document 1/1000/2026 (B1-1-I)" in table
    assert not {"True", "False"} & set(table.split())
    differences, timing = table.split("\n\ntiming: no differences, it passes by itself\n")
    assert ("  timing  " in differences, "  timing  " in timing) == (False, True)
    assert len(timing.splitlines()) == 2
    assert {row["wrong"] for row in rows} == {True, False}
    sums = desk.ok("reconciliation", *days, "--sums", "--format", "csv").splitlines()
    assert sums == [
        "tenant,day,currency,tax code,sold,posted,in SAP,difference",
        "acme,2026-03-02,EUR,,139.00,238.00,100.00,-138.00",
        "acme,2026-03-02,EUR,A1,,0.00,15.97,15.97",
    ]
    assert desk.ok("reconciliation", "--from", "2026-01-01", "--to", "2026-01-02") == "none\n"
    assert "lies after" in desk.fails("reconciliation", "--from", "2026-03-02", "--to", "2026-03-01", code=2)


def test_days_are_closed_with_their_differences(desk: Desk, tmp_path: Path) -> None:
    """What was signed is marked; the sheet is the file whose digest was printed, and the trail still agrees."""
    some_books(desk, read=True)
    day = ("reconciliation", "--from", "2026-03-02", "--to", "2026-03-02")
    sheet = tmp_path / "sheet.json"

    assert "not closed as such" in desk.fails(*day, "--sheet", str(sheet))
    assert "run `mlconnector-relay readback --from 2026-03-02`" in desk.fails(*day, "--freeze", "ann")
    desk.state(read_again)
    before = desk.ok(*day, "--format", "json")
    result = desk.call(*day, "--freeze", "ann", "--sheet", str(sheet), "--format", "json")

    digest = sha256(sheet.read_bytes()).hexdigest()
    days = "2026-03-02 to 2026-03-02 of tenant acme"
    assert result.stderr.splitlines() == [
        f"{days} are closed by ann; SHA-256 of the sheet {digest}",
        f"{sheet}: the sheet of {days}, {sheet.stat().st_size} bytes, SHA-256 {digest}",
    ]
    assert json.loads(result.stdout)
    assert "No such file" in desk.fails(*day, "--sheet", str(tmp_path / "no" / "sheet.json"))
    rows = json.loads(desk.ok(*day, "--format", "json"))
    assert [row | {"closed": ""} for row in rows] == json.loads(before)
    assert {row["closed"] for row in rows} == {"frozen"}
    assert "closed before: 2026-03-02 to 2026-03-02, by ann" in desk.fails(*day, "--freeze", "bob")
    assert "agree with the chain" in desk.ok("audit", "verify")


COLUMNS = """
gateways = ["stripe"]
timezone = "Europe/Berlin"
settles_in_days = 0

[columns]
id = "charge_id"
kind = "reporting_category"
amount = "gross"
currency = "currency"
date = "created"
fee = "fee"

[kinds]
payment = ["charge"]
dispute = ["dispute"]
"""
HEADINGS = "charge_id,reporting_category,gross,currency,created,fee\n"


def sold_today(desk: Desk, count: int) -> list[int]:
    """Place orders in the store, and have them known as posted, without anybody having asked for their payments."""
    desk.ok(*desk.add(cut_over="2026-01-01T00:00:00+00:00"))
    orders = [desk.elsewhere.run(desk.elsewhere.store.describe()) for _ in range(count)]

    async def work(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
        now = runtime.now()
        sight = Sight(now, now, Decimal("20.00"), "EUR")
        for order in orders:
            await database.write(lambda tx, order=order: jobs.enqueue(tx, JobKey("acme", HASH, order), now))
            [job] = await database.write(lambda tx: jobs.lease(tx, "me", now, 1, 60.0))
            await database.write(lambda tx, job=job: jobs.settle(tx, job, Done("posted", "done"), now, sight))
        await database.write(lambda tx: stores.swept(tx, "acme", HASH, now))

    desk.state(work)
    return orders


def test_a_providers_file_is_compared_with_what_the_store_says(desk: Desk) -> None:
    """By the provider's id; what it cannot be compared with is no agreement, and what it would take is said."""
    orders = sold_today(desk, 3)
    shown = [desk.elsewhere.run(desk.elsewhere.store.control(f"/orders/{order}")).body for order in orders]
    paid = [one["transactions"][0] for one in shown]
    today = datetime.now(UTC).astimezone(ZoneInfo("Europe/Berlin"))
    first, last = today.date() - timedelta(days=1), today.date() + timedelta(days=1)
    cells = f"eur,{today:%Y-%m-%d %H:%M},0.50"
    rows = [f"{one['gateway_transaction_id']},charge,{one['amount']},{cells}" for one in paid[:2]]
    rows += [f"=cmd,charge,5,{cells}", f"ch_x,dispute,-7.10,{cells}", f"ch_y,charge,1,eur,{last + timedelta(days=9)},0"]
    form, march = desk.file("stripe.toml", COLUMNS), desk.file("march.csv", HEADINGS + "\n".join(rows))
    ask = ("reconciliation", "--from", str(first), "--to", str(last), "--format", "json")

    assert "go together" in desk.fails(*ask, "--provider", march, code=2)
    said = desk.fails(*ask, "--provider", march, "--columns", form)
    assert "line 4, column 'charge_id': '=cmd' is a formula" in said
    march = desk.file("march.csv", HEADINGS + "\n".join(rows).replace("=cmd", "ch_stranger"))
    said = desk.fails(*ask, "--provider", march, "--columns", form)
    assert "the payments of 3 orders of these days are not known here" in said
    assert "add --ask-store: 3 requests, 1 minute or more" in said
    known = desk.file("known.csv", HEADINGS)
    told = {row["cause"]: row["what"] for row in json.loads(desk.ok(*ask, "--provider", known, "--columns", form))}
    assert told["payments_unknown"] == f"3 orders, such as order {orders[0]} of {HASH}"

    result = desk.call(*ask, "--provider", march, "--columns", form, "--ask-store")

    assert result.exit_code == 0, result.output
    assert result.stderr.splitlines() == [
        f"{march}: 1 of 5 rows left out: of other days",
        "tenant acme: 1 store answered 5 requests",
    ]
    found = {(row["cause"], row["amount"], row["wrong"]): row for row in json.loads(result.stdout)}
    missing = next(row for (cause, _, _), row in found.items() if cause == "not_settled")
    assert set(found) - {("not_settled", missing["amount"], True)} >= {
        ("settled_unknown", "5.00", True),
        ("dispute", "-7.10", True),
        ("fee", "-2.00", False),
    }
    assert missing["what"] == f"payment {paid[2]['gateway_transaction_id']} of order {orders[2]} of {HASH}"
    table = desk.ok(*ask[:-2], "--provider", march, "--columns", form, "--ask-store")
    assert "book it by the provider's statement" in table


async def read_again(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
    """Read SAP back after the day is over."""
    at = datetime(2026, 3, 3, 3, tzinfo=UTC)
    asked = sap_readings.asked("acme", "r2", ("ECC", "100"), date(2026, 3, 1), at, daily=True)
    await database.write(lambda tx: sap_readings.ask(tx, asked))
    await database.write(lambda tx: sap_readings.take(tx, "acme", "r2", 0, at, at))
    await database.write(lambda tx: sap_readings.end(tx, "acme", "r2", 1, "done", at, documents=1))


def test_the_cut_off_shows_what_is_only_invoiced_or_only_shipped(desk: Desk) -> None:
    """As it was known at the end of the day: two of three pieces shipped and all invoiced, one shipped and none."""
    some_books(desk, read=False)
    facts = built(an_order(Line("11.90", 3))).facts
    source = facts.lines[0].source

    def fetched(number: int, quantity: int, shipped: int) -> bytes:
        line = {"id": source, "type": "physical", "quantity": quantity, "quantity_shipped": shipped}
        amounts = {"total_ex_tax": f"{10 * quantity}.0000", "total_inc_tax": f"{11.9 * quantity:.4f}"}
        pages = [[f"/v2/orders/{number}", "{}"], [f"/v2/orders/{number}/products?page=1", json.dumps([line | amounts])]]
        return json.dumps({"answers": pages}).encode()

    def header_alone(number: int) -> bytes:
        return json.dumps({"answers": [[f"/v2/orders/{number}", "{}"]]}).encode()

    async def work(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
        audit, seen = Audit(vault, runtime), datetime(2026, 3, 5, 12, tzinfo=UTC)
        new = an_entry(1, store_hash=HASH, kind="invoice", ordinal=2, posting_id=f"acme/{HASH}/1/invoice/2/1",
                       reference="B1-1-2I", facts=frozen_text(facts))  # fmt: skip
        await database.write(lambda tx: ledger.intend(tx, new, seen))
        # The invoice that the other tests need has no lines.
        await database.write(
            lambda tx: tx.execute(text("UPDATE ledger SET state = 'rejected' WHERE posting_id LIKE '%/1/invoice/1/1'"))
        )
        await database.write(
            lambda tx: ledger.outcome(tx, "acme", new.posting_id, 1, "posted", seen, instance="berlin", object_key="9")
        )
        for number, content, at in (
            (1, fetched(1, 3, 2), seen),
            (1, fetched(1, 3, 3), seen + timedelta(days=5)),
            (2, fetched(2, 2, 1), seen),
            (2, header_alone(2), seen + timedelta(hours=1)),
        ):
            record = Record("acme", "store.fetched", f"{HASH}/{number}", payload=content)
            await database.write(lambda tx, record=record, at=at: audit.record(tx, record, at))

    desk.state(work)
    [found] = json.loads(desk.ok("cutoff", "--at", "2026-03-06", "--json"))
    whole = {"store": HASH, "currency": "EUR"}
    assert found["sums"] == [
        {**whole, "side": "uninvoiced", "orders": 1, "net": "10.00", "gross": "11.90"},
        {**whole, "side": "unshipped", "orders": 1, "net": "10.00", "gross": "11.90"},
    ]
    assert [(one["order"], one["side"], one["pieces"]) for one in found["orders"]] == [
        (1, "unshipped", 1),
        (2, "uninvoiced", 1),
    ]
    table = desk.ok("cutoff", "--at", "2026-03-06")
    assert "invoiced, not shipped" in table
    assert "shipped, not invoiced" in table
    [later] = json.loads(desk.ok("cutoff", "--at", "2026-03-12", "--json"))
    assert [one["side"] for one in later["sums"]] == ["uninvoiced"]
    [before] = json.loads(desk.ok("cutoff", "--at", "2026-03-03", "--json"))
    assert [one["why"] for one in before["unknown"]] == ["it was fetched only later"] * 2
    assert "2 orders could not be told" in desk.ok("cutoff", "--at", "2026-03-03")
    assert "lies after" in desk.fails("cutoff", "--at", "2026-03-03", "--since", "2026-03-04", code=2)


def test_totals_say_that_sap_was_never_read(desk: Desk) -> None:
    """Rather than showing everything as missing."""
    some_books(desk, read=False)

    said = desk.ok("totals", "--day", "2026-03-02")
    assert "never read back: run `mlconnector-relay readback`" in said
    assert "0.00" in said
    assert json.loads(desk.ok("totals", "--json"))[0]["days"] == []
    assert "--day goes without" in desk.fails("totals", "--day", "2026-03-02", "--to", "2026-03-02", code=2)
    assert "lies after" in desk.fails("totals", "--from", "2026-03-02", "--to", "2026-03-01", code=2)


def test_a_reading_is_asked_for_and_waited_for(desk: Desk) -> None:
    """What is missing is told: an agent, time, or what went wrong."""
    desk.ok(*desk.add())
    assert "no running relay has an agent of it connected" in desk.fails("readback", "--wait", "0")

    async def serve(database: Database, vault: Vault, runtime: HastyRuntime, state: Any) -> None:
        due: list[Any] = []
        while not due:
            await asyncio.sleep(0.05)
            async with database.read() as tx:
                due = await sap_readings.due(tx, "acme", runtime.now() + timedelta(days=1))
        for one in due:
            at = runtime.now()
            end = partial(sap_readings.end, tenant="acme", reading_id=one.reading_id, attempts=1, state=state, now=at)
            await database.write(lambda tx, one=one, at=at: sap_readings.take(tx, "acme", one.reading_id, 0, at, at))
            await database.write(partial(end, documents=7, detail="no right to BKPF"))

    desk.state(partial(serve, state="done"))  # the one nobody served above
    for state, code, said in (("done", 0, "7"), ("failed", 1, "ECC client 100: no right to BKPF")):
        relay = threading.Thread(target=desk.state, args=(partial(serve, state=state),))
        relay.start()
        result = desk.call("readback", "--from", "2026-03-01", "--wait", "20")
        relay.join()
        assert (result.exit_code, said in result.output) == (code, True), result.output


def test_a_wrong_configuration_is_told_by_every_command(tmp_path: Path) -> None:
    """All errors at once, exit code 1."""
    (tmp_path / "relay.toml").write_text("[listen]\nport = 'x'\n")
    for command in (["orders", "list"], ["serve"]):
        result = CliRunner().invoke(main, ["--config", str(tmp_path / "relay.toml"), *command])
        assert result.exit_code == 1
        assert "listen.port" in result.output
        assert "database" in result.output


def some_orders(desk: Desk) -> None:
    """Put order 7 posted and order 8 parked into the database, with a trail."""

    async def work(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
        trail, now = Audit(vault, runtime), runtime.now()
        subject = f"{HASH}/7"
        records = [
            Record("acme", "callback.accepted", subject, "00-t-s-01", {
                "delivery": "d" * 20, "scope": "s", "stale": True,
            }),
            Record("acme", "store.fetched", subject, "00-t-s-01", {
                "snapshot": "x", "date_modified": "m", "status_id": 11,
                "requests": [{"request": "GET /v2/orders/7", "status": 200, "milliseconds": 1.5, "bytes": 9}],
            }),
            Record("acme", "order.planned", subject, "00-t-s-01", {
                "plan": "park", "mapping": "m@1", "causes": [{"key": "account:x", "sentence": "add one"}],
            }),
            Record("acme", "order.planned", subject, "00-t-s-01", {
                "plan": "skip", "mapping": "m@1", "rule": "status", "sentence": "never",
            }),
            Record("acme", "document.built", subject, "00-t-s-01", {
                "reference": "B1-7-I", "company_code": "1000", "document_type": "DR", "gross": "119.00 EUR",
                "reading": "gross", "lines": [{
                    "item": 1, "role": "customer", "account": "99000",
                    "cost_center": "", "tax_code": "", "amount": "119",
                }],
            }),
            Record("acme", "envelope.sealed", subject, "00-t-s-01", {
                "envelope": "e#1", "agent": "berlin", "bytes": 900, "reference": "B1-7-I", "digest": "f" * 64,
            }),
            Record("acme", "envelope.sealed", subject, "00-t-s-01", {
                "envelope": "e#1.1795", "agent": "berlin", "bytes": 900, "reference": "B1-7-I", "digest": "f" * 64,
            }),
            Record("acme", "agent.result", subject, "00-t-s-01", {
                "outcome": "posted", "object_key": "018", "reason": "why", "ledger": "recorded", "steps": [
                    {"at": "2026-01-01T10:00:00.123+00:00", "function": "BAPI_ACC_DOCUMENT_POST", "milliseconds": 7,
                     "outcome": "ok", "note": "posted", "messages": ["S RW 605"]},
                    {"at": "2026-01-01T10:00:00.123+00:00", "function": "RFC_READ_TABLE", "milliseconds": 7,
                     "outcome": "ok", "note": "", "messages": []},
                ],
            }),
            Record("acme", "agent.refused", subject, "00-t-s-01", {"agent": "berlin", "rule": "amount"}),
            Record("acme", "something.new", subject, "00-t-s-01", {"a": 1}),
        ]  # fmt: skip

        async def fill(tx: Any) -> None:
            await trail.record_many(tx, records, now)
            for order in (7, 8):
                await jobs.enqueue(tx, JobKey("acme", HASH, order), now, trace="00-4bf92f-01-01")
            await ledger.intend(tx, an_entry(), now)
            await ledger.sent(tx, "acme", an_entry().posting_id, 1, "berlin", 1, now)
            await ledger.outcome(
                tx, "acme", an_entry().posting_id, 1, "posted", now, instance="berlin", object_key="018000000110002026"
            )
            for job in await jobs.lease(tx, "relay-1", now, 10, 60):
                cause = Cause("account:category=1", "add an account")
                parked = Parked((cause,), "add an account")
                sight = Sight(now, now, Decimal("20.5000"), "EUR")
                await jobs.settle(tx, job, Done("posted", "document") if job.order_id == 7 else parked, now, sight)
            await Alerts().open(tx, "acme", "account:category=1", "add an account", "finance", now)

        await database.write(fill)

    desk.ok(*desk.add())
    desk.state(work)


def test_orders_are_listed_shown_and_looked_at_again(desk: Desk) -> None:
    """How they stand, why, and what they wait for; as a table and as JSON."""
    some_orders(desk)
    table = desk.ok("orders", "list")
    rows = json.loads(desk.ok("orders", "list", "--json"))
    assert [(row["order"], row["state"], row["document"]) for row in rows] == [
        (7, "posted", "180000001"),
        (8, "parked", None),
    ]
    head, seven, eight = table.splitlines()
    assert head.split()[:5] == ["order", "state", "ordered", "posted", "document"]
    assert seven.split()[:7] == ["7", "posted", "20.50", "EUR", "119.00", "EUR", "180000001"]
    assert eight.split()[:4] == ["8", "parked", "20.50", "EUR"]
    assert [row["posted"] for row in rows] == ["119.00 EUR", None]
    assert [row["order"] for row in json.loads(desk.ok("orders", "list", "--state", "parked", "--json"))] == [8]
    assert [row["amount"] for row in rows] == ["119.00 EUR", "20.50 EUR"]

    assert "document: 180000001 of company code 1000, fiscal year 2026" in desk.ok("orders", "show", "7")
    shown = json.loads(desk.ok("orders", "show", "7", "--json"))
    assert shown["postings"][0]["document"] == "018000000110002026"
    assert "cause: account:category=1" in desk.ok("orders", "show", "8")

    said = desk.ok("orders", "show", "7")
    assert "company code: 1000" in said
    assert "waits for: nothing" in said
    assert "_" not in said
    assert "postings: nothing" in desk.ok("orders", "show", "8")
    assert "document: -" in desk.ok("orders", "show", "8")

    assert "looked at again" in desk.ok("orders", "reprocess", "8")
    assert json.loads(desk.ok("orders", "show", "8", "--json"))["due"] is not None


def test_a_posted_order_is_asked_to_be_mapped_anew(desk: Desk) -> None:
    """Once, audited; nothing to decide yet, since the relay looks first; an order that is not posted needs none."""

    async def fill(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
        now, entry = runtime.now(), an_entry(facts=frozen_text(built(an_order()).facts))
        for order in (7, 8):
            await database.write(lambda tx, order=order: jobs.enqueue(tx, JobKey("acme", HASH, order), now))
        await database.write(lambda tx: ledger.intend(tx, entry, now))
        await database.write(lambda tx: ledger.sent(tx, "acme", entry.posting_id, 1, "berlin", 1, now))
        key = {"instance": "berlin", "object_key": "018000000110002026"}
        await database.write(lambda tx: ledger.outcome(tx, "acme", entry.posting_id, 1, "posted", now, **key))

    desk.ok(*desk.add())
    desk.state(fill)
    shown = desk.ok("orders", "show", "7")
    assert "amount: 119.00 EUR\n" in shown
    assert "dates: 2026-03-05\n" in shown
    by = ("--by", "ida", "--reason", "the wrong account")
    assert desk.ok("orders", "remap", "7", *by) == (
        "order 7 is looked at again, asked for by ida; next: worklist decide 7\n"
    )
    assert "asked for by ida" in desk.ok("orders", "remap", "7", "--by", "otto", "--reason", "the same")
    assert "nothing of it is posted" in desk.fails("orders", "remap", "8", *by)
    assert "was never heard of" in desk.fails("orders", "remap", "9", *by)
    shown = json.loads(desk.ok("orders", "show", "7", "--json"))
    assert [(one["cause"], one["by"]) for one in shown["decisions"]] == [("remap:7", "ida")]
    assert shown["due"] is not None
    assert "decided      taken by ida: propose, remap:7" in desk.ok("trace", "7")


def test_a_document_of_others_is_asked_to_be_adopted(desk: Desk) -> None:
    """Once, audited, for an order from before the cut-over alone, and none that the ledger has."""
    desk.ok(*desk.add(cut_over="2026-01-01T00:00:00Z"))
    taken = "0140000472" + "1000" + "2025"

    async def fill(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
        now = runtime.now()
        placed = {7: datetime(2025, 12, 20, tzinfo=UTC), 8: datetime(2026, 1, 2, tzinfo=UTC), 9: None, 10: now}
        for order, at in placed.items():
            await database.write(lambda tx, order=order: jobs.enqueue(tx, JobKey("acme", HASH, order), now))
            [job] = await database.write(lambda tx: jobs.lease(tx, "relay-1", now, 1, 60.0))
            sight = Sight(at, at, Decimal("119.00"), "EUR", "") if at else None
            await database.write(
                lambda tx, job=job, sight=sight: jobs.settle(tx, job, Done("skipped", "old"), now, sight)
            )
        entry = an_entry(10, store_hash=HASH, facts=frozen_text(replace(built(an_order()).facts, adopted="R 1")))
        await database.write(lambda tx: ledger.adopt(tx, entry, taken, "adopt: decided by ida", now))
        fields = {"object_key": taken, "gross": "119.00 EUR", "carries": "R 1", "entered_by": "CLERK", "decided": "ida"}
        record = Record("acme", "document.adopted", f"{HASH}/10", fields=fields)
        await database.write(lambda tx: Audit(vault, runtime).record(tx, record, now))

    desk.state(fill)
    by = ("--by", "ida", "--reason", "sold before")

    def document(number: str) -> tuple[str, ...]:
        return ("--document", number, "--year", "2025", "--company-code", "1000", *by)

    said = desk.ok("orders", "adopt", "7", *document("140000471"))
    assert said == (
        "document 140000471 of company code 1000, fiscal year 2025 is read and compared with order 7, "
        "asked for by ida; next: worklist decide 7, or orders show 7 where it does not fit\n"
    )
    again = ("--by", "otto", "--reason", "the same")
    assert "asked for by ida" in desk.ok("orders", "adopt", "7", *document("140000471")[:6], *again)
    shown = json.loads(desk.ok("orders", "show", "7", "--json"))
    assert [(one["cause"], one["by"]) for one in shown["decisions"]] == [("adopt:7/014000047110002025", "ida")]
    assert shown["due"] is not None
    assert "in the ledger already, of order 10" in desk.fails("orders", "adopt", "7", *document("140000472"))
    assert "after the cut-over" in desk.fails("orders", "adopt", "8", *document("140000471"))
    assert "was not fetched yet" in desk.fails("orders", "adopt", "9", *document("140000471"))
    assert "has document 140000472 of company code 1000" in desk.fails("orders", "adopt", "10", *document("140000471"))
    assert "was never heard of" in desk.fails("orders", "adopt", "11", *document("140000471"))
    assert "four digits" in desk.fails("orders", "adopt", "7", *document("1")[:3], "25", *document("1")[4:], code=2)
    [posting] = json.loads(desk.ok("orders", "show", "10", "--json"))["postings"]
    assert (posting["reference"], posting["reason"]) == ("R 1", "adopted")
    assert "fiscal year 2025, 119.00 EUR, R 1; entered by CLERK, ida" in desk.ok("trace", "10")


def test_what_is_not_known_is_told(desk: Desk) -> None:
    """Which order or tenant was meant, and what there is."""
    some_orders(desk)
    assert "was never heard of" in desk.fails("orders", "show", "99")
    assert "was never heard of" in desk.fails("orders", "show", "9" * 30)
    assert f"no store other; known: {HASH}" in desk.fails("orders", "reprocess", "7", "--store-hash", "other")
    assert "there is no tenant nobody; known: acme" in desk.fails("orders", "list", "--tenant", "nobody")

    async def second(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
        async with database.read() as tx:
            store = await stores.by_hash(tx, "acme", HASH)
        assert store

        async def add(tx: Any) -> None:
            await stores.save(tx, replace(store, store_hash="second", store_code="B2"))
            await jobs.enqueue(tx, JobKey("acme", "second", 7), runtime.now())

        await database.write(add)

    desk.state(second)
    assert "--store-hash second" in desk.fails("trace", "7")
    assert desk.ok("trace", "7", "--store-hash", HASH)


def test_alerts_are_listed_shown_and_taken_on(desk: Desk) -> None:
    """Once per cause."""
    assert desk.ok("alerts", "list") == "none\n"
    some_orders(desk)
    assert "account:category=1" in desk.ok("alerts", "list")
    assert [row["owner"] for row in json.loads(desk.ok("alerts", "list", "--json"))] == ["finance"]
    desk.ok("alerts", "ack", "account:category=1", "--by", "erika")
    shown = desk.ok("alerts", "show", "account:category=1")
    assert "acknowledged by: erika\n" in shown
    assert re.search(r"^opened at \(UTC\): \d{4}-\d\d-\d\d \d\d:\d\d$", shown, re.MULTILINE)
    assert "closed at" not in shown
    assert json.loads(desk.ok("alerts", "show", "account:category=1", "--json"))[0]["acknowledged_by"] == "erika"
    for command in (["show", "nothing"], ["ack", "nothing", "--by", "x"]):
        assert "no open alert" in desk.fails("alerts", *command)


def test_channels_are_listed_and_tried(desk: Desk) -> None:
    """A test message tells before the first alert whether anybody would have heard it."""
    assert desk.ok("alerts", "channels") == "none\n"
    assert "there is no channel at all; configured under [alerts]: none" in desk.fails("alerts", "test")

    said: list[bytes] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with (desk.folder / "relay.toml").open("a") as settings:
            settings.write(
                f'[[alerts.channels]]\nname = "hook"\nurl = "json://user:geheim@127.0.0.1:{server.server_port}/"\n'
                '[[alerts.channels]]\nname = "gone"\nurl = "json://127.0.0.1:9/"\nowners = ["finance"]\n'
            )
        [hook, gone] = json.loads(desk.ok("alerts", "channels", "--json"))
        assert ("geheim" not in hook["service"], hook["owners"], gone["owners"]) == (True, "all", "finance")
        assert "gone" in desk.ok("alerts", "channels")
        assert desk.ok("alerts", "test", "hook") == "hook: delivered to the service\n"
        both = desk.fails("alerts", "test")
        server.shutdown()
        thread.join()
    assert "gone: not delivered: " in both
    assert json.loads(said[0])["title"] == "ml-connector: test"
    assert len(said) == 2
    assert "configured under [alerts]: hook, gone" in desk.fails("alerts", "test", "nosuch")


def test_the_whole_way_of_an_order_is_told(desk: Desk) -> None:
    """Callback, fetches, decisions, envelope, RFC calls, document; in time."""
    some_orders(desk)
    told = desk.ok("trace", "7")

    expected = [
        "callback     s, delivery dddddddddddd, outside the timestamp window",
        "GET /v2/orders/7  200  1.5 ms  9 bytes",
        "account:x: add one",
        "planned      skip (status) never, mapping m@1",
        "mapped       DR in company code 1000, 119.00 EUR, B1-7-I; read as gross",
        "sealed       envelope e#1 for agent berlin, 900 bytes",
        "asked again  agent berlin what became of it, envelope e#1.1795",
        "10:00:00.123  BAPI_ACC_DOCUMENT_POST  7 ms  ok  posted  S RW 605",
        "refused      by agent berlin: rule amount",
        'something.new  {"a": 1}',
        "posted, 119.00 EUR, document 180000001 of company code 1000, fiscal year 2026",
        "trace id: 4bf92f",
    ]
    assert [line for line in expected if line not in told] == []
    assert [told.index(line) for line in expected] == sorted(told.index(line) for line in expected)
    assert len(json.loads(desk.ok("trace", "7", "--json"))["records"]) == 10


def test_the_trail_is_proven_or_the_first_broken_record_named(desk: Desk) -> None:
    """Exit code 1 where it was altered."""
    some_orders(desk)

    async def seal(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
        await Sealer(database, runtime).seal_all()

    desk.state(seal)
    assert "agree with the chain" in desk.ok("audit", "verify")
    assert json.loads(desk.ok("audit", "verify", "--json"))["acme"]["unsealed"] == 0

    with sqlite3.connect(desk.url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE audit_records SET fields = '{}' WHERE kind = 'agent.refused'")
    connection.close()
    assert "error:" in desk.fails("audit", "verify")


def test_a_token_enrols_one_agent_once(desk: Desk) -> None:
    """It carries where to go."""
    options = ["--tenant", "acme", "--sysid", "ECC", "--client", "100"]
    token = desk.ok("agent", "token", "--instance", "berlin", *options).strip()
    assert token.startswith("mlc1-enrol.")


@pytest.mark.parametrize(
    ("wrong", "code", "said"),
    [
        ({"--tenant": "nobody"}, 1, "there is no tenant nobody; known: acme"),
        ({"--instance": "Berlin 1"}, 2, "'Berlin 1' is no agent name: 1 to 32 of a-z, 0-9 and '-'"),
        ({"--sysid": "ecc"}, 2, "'ecc' is no SAP system id"),
        ({"--client": "10"}, 2, "'10' is no SAP client"),
    ],
)
def test_no_token_is_made_that_enrols_nobody(desk: Desk, wrong: dict[str, str], code: int, said: str) -> None:
    """A slip is told now, not on the agent's host."""
    options = {"--tenant": "acme", "--instance": "berlin", "--sysid": "ECC", "--client": "100"} | wrong
    told = desk.fails("agent", "token", *(part for pair in options.items() for part in pair), code=code)
    assert said in told
    assert "mlc1-enrol." not in told


def test_agents_are_listed(desk: Desk) -> None:
    """As a table and as JSON."""
    assert desk.ok("agent", "list") == "none\n"
    assert desk.ok("agent", "list", "--json") == "[]\n"

    async def enrolled(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
        await database.write(lambda tx: agents.enrol(tx, "acme", "berlin", "ECC", "100", runtime.now()))

    desk.state(enrolled)
    [row] = json.loads(desk.ok("agent", "list", "--json"))
    assert (row["instance"], row["sysid"], row["client"], row["state"]) == ("berlin", "ECC", "100", "enrolled")
    assert "acme    berlin    ECC 100  enrolled  never" in desk.ok("agent", "list")


def test_whoever_lets_an_agent_post_again_or_revokes_it_stands_in_the_trail(desk: Desk) -> None:
    """With their reason, and why it was quarantined."""

    async def quarantined(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
        await database.write(lambda tx: agents.enrol(tx, "acme", "berlin", "ECC", "100", runtime.now()))
        await database.write(lambda tx: agents.set_state(tx, "acme", "berlin", "quarantined", "journal went back"))

    async def told(database: Database, vault: Vault, runtime: HastyRuntime) -> Any:
        async with database.read() as tx:
            rows = await audit_rows.of_subject(tx, "acme", "agent/berlin")
        return [(row.kind, json.loads(row.fields)) for row in rows]

    desk.state(quarantined)
    by = ("berlin", "--tenant", "acme", "--by", "ann", "--reason")
    assert "Missing option '--by'" in desk.fails("agent", "release", *by[:3], "--reason", "x", code=2)
    assert "may post again" in desk.ok("agent", "release", *by, "compared with SAP")
    assert "is enrolled, not quarantined" in desk.fails("agent", "release", *by, "again")
    assert "is revoked" in desk.ok("agent", "revoke", *by, "replaced")
    assert desk.state(told) == [
        ("agent.released", {"by": "ann", "reason": "compared with SAP", "was": "journal went back"}),
        ("agent.revoked", {"by": "ann", "reason": "replaced"}),
    ]


def test_gift_certificates_and_store_credit_are_rolled_forward(desk: Desk) -> None:
    """From the last time that was kept; what the store shows beyond our documents is unexplained."""
    some_books(desk, read=False)
    sold = built(an_order(Line("50.00", rate="0", type="giftcertificate", product_id=0))).facts
    used = built(revised(an_order(), gift_certificate_amount="20", store_credit_amount="5")).facts

    def post(facts: Frozen, number: int) -> Any:
        async def work(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
            del vault
            new = an_entry(
                number, store_hash=HASH, kind="invoice", reference=f"B1-{number}-I", facts=frozen_text(facts)
            )
            await database.write(lambda tx: ledger.intend(tx, new, runtime.now()))
            settled = {"instance": "berlin", "object_key": str(number)}
            now = runtime.now()
            await database.write(lambda tx: ledger.outcome(tx, "acme", new.posting_id, 1, "posted", now, **settled))

        return work

    async def bare(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
        del vault, runtime
        # The postings that the other tests need have no lines.
        await database.write(lambda tx: tx.execute(text("UPDATE ledger SET state = 'rejected'")))

    resources = desk.elsewhere.store.simulator.state.resources
    resources["gift_certificates"].clear()
    certificate = {"id": 1, "code": "G", "currency_code": "EUR", "status": "active", "order_id": 7}
    resources["gift_certificates"][1] = certificate | {"balance": "70.0000", "amount": "80.0000"}
    resources["gift_certificates"][3] = certificate | {"id": 3, "balance": "10", "amount": "10", "status": "expired"}
    resources["gift_certificates"][2] = certificate | {"id": 2, "balance": "9", "amount": "9", "status": "pending"}
    for customer in resources["customers"].values():
        customer["store_credit_amounts"] = [{"amount": Decimal(0)}]
    desk.state(bare)
    desk.state(post(sold, 7))
    assert "--keep needs --by and --reason" in desk.fails("liabilities", "--keep", "--by", "ann", code=2)
    [first] = json.loads(desk.ok("liabilities", "--keep", "--by", "ann", "--reason", "end of March", "--json"))

    async def told(database: Database, vault: Vault, runtime: HastyRuntime) -> Any:
        del vault, runtime
        async with database.read() as tx:
            return [json.loads(row.fields) for row in await audit_rows.of_subject(tx, "acme", f"liabilities/{HASH}")]

    assert desk.state(told) == [{"liabilities": first["liabilities"], "by": "ann", "reason": "end of March"}]
    assert first["since"] == ""
    names = ("kind", "opening", "issued", "used", "expected", "balance", "unexplained")
    assert [tuple(row[name] for name in names) for row in first["liabilities"]] == [
        ("gift_certificate", "30.00", "50.00", "0.00", "80.00", "80.00", "0.00"),
        ("store_credit", "0.00", "0.00", "0.00", "0.00", "0.00", "0.00"),
    ]
    desk.state(post(used, 8))
    resources["gift_certificates"][1] = certificate | {"balance": "55.0000", "amount": "80.0000"}
    [then] = json.loads(desk.ok("liabilities", "--json"))
    assert then["since"] == first["at"]
    assert [tuple(row[name] for name in names) for row in then["liabilities"]] == [
        ("gift_certificate", "80.00", "0.00", "20.00", "60.00", "65.00", "5.00"),
        ("store_credit", "0.00", "0.00", "5.00", "-5.00", "0.00", "5.00"),
    ]
    table = desk.ok("liabilities")
    assert "gift certificates, EUR" in table
    assert "not kept; --keep rolls it forward" in table

    async def newer(database: Database, vault: Vault, runtime: HastyRuntime) -> None:
        del vault, runtime
        facts = {"facts": '{"v": 2}'}
        await database.write(lambda tx: tx.execute(text("UPDATE ledger SET facts = :facts WHERE order_id = 8"), facts))

    desk.state(newer)
    said = desk.fails("liabilities")
    assert "what 1 of its documents have moved cannot be read, first document 8" in said
    assert "(B1-8-I): version 2 of a document's lines" in said
    assert "run that one, else restore the ledger" in said

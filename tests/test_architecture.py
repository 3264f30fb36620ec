"""The shape of the whole project: what no linter holds."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

SOURCES = {
    "relay": ROOT / "relay/src/mlconnector_relay",
    "agent": ROOT / "agent/src/mlconnector_agent",
    "shared": ROOT / "shared/src/mlconnector_shared",
    "sandbox": ROOT / "deploy/sandbox/src/mlconnector_sandbox",
}

LONGEST_MODULE = 400

COMMANDS = "a command: tested as people run it"
EDGE = "an edge: tested over a real socket, process or file"
VALUES = "values and errors without behaviour of their own: tested with those who use them"

TESTED_ELSEWHERE = {
    "relay/__main__.py": ("tests/acceptance/test_an_order_posts_once.py", COMMANDS),
    "relay/cli/": ("tests/acceptance/test_an_order_posts_once.py", COMMANDS),
    "relay/app.py": ("tests/acceptance/test_an_order_posts_once.py", "composition only: tested as the running relay"),
    "relay/config.py": ("tests/acceptance/test_an_order_posts_once.py", EDGE),
    "relay/directory.py": ("tests/acceptance/test_an_order_posts_once.py", EDGE),
    "relay/keys.py": ("tests/acceptance/test_an_order_posts_once.py", EDGE),
    "relay/metrics.py": ("tests/acceptance/test_an_order_posts_once.py", VALUES),
    "relay/runtime.py": (
        "tests/acceptance/test_an_order_posts_once.py",
        "the real clocks: tested by everything that runs",
    ),
    "relay/supervision.py": ("tests/simulation/test_both_loops.py", "loops under watch: tested on the virtual clock"),
    "relay/bigcommerce/": ("tests/acceptance/test_an_order_posts_once.py", EDGE),
    "relay/db/": (
        "tests/unit/relay/db/test_engine.py",
        "statements: tested on both databases through the queries that use them",
    ),
    "relay/intake/": ("tests/integration/test_relay_callbacks.py", EDGE),
    "relay/jobs/": (
        "tests/unit/relay/db/test_jobs.py",
        "the loop around the job table: tested there and in the simulation",
    ),
    "relay/reconcile/": (
        "tests/integration/test_relay_reconcile.py",
        "acts on store and ledger: tested against a real store, and with the agent on the virtual clock",
    ),
    "relay/sap/assignment.py": (
        "tests/unit/relay/sap/test_document.py",
        "one step of building a document: tested through its result",
    ),
    "relay/sap/call.py": (
        "tests/unit/relay/sap/test_document.py",
        "one step of building a document: tested through its result",
    ),
    "relay/sap/companies.py": (
        "tests/unit/relay/sap/test_document.py",
        "one step of building a document: tested through its result",
    ),
    "relay/sap/draft.py": (
        "tests/unit/relay/sap/test_document.py",
        "one step of building a document: tested through its result",
    ),
    "relay/sap/facts.py": ("tests/unit/relay/sap/test_mapping.py", VALUES),
    "relay/sap/refund_checks.py": (
        "tests/unit/relay/sap/test_refund.py",
        "one step of reading a refund: tested through its result",
    ),
    "relay/sap/refund_items.py": (
        "tests/unit/relay/sap/test_refund.py",
        "one step of reading a refund: tested through its result",
    ),
    "relay/sap/restock.py": (
        "tests/unit/relay/sap/test_refund.py",
        "one step of reading a refund: tested through its result",
    ),
    "relay/sap/freezing.py": (
        "tests/unit/relay/sap/test_frozen.py",
        "one step of building a document: tested through its result",
    ),
    "relay/sap/mapping_file.py": (
        "tests/unit/relay/sap/test_mapping_check.py",
        "the shape of the file: tested through its check",
    ),
    "relay/sap/named.py": ("tests/unit/relay/sap/test_master_data.py", "what is looked up: tested through the look-up"),
    "relay/sap/scope.py": (
        "tests/unit/relay/sap/test_tenders.py",
        "one step of building a document: tested through its result",
    ),
    "relay/sap/targets.py": ("tests/unit/relay/sap/test_mapping.py", VALUES),
    "relay/sap/values.py": ("tests/unit/relay/sap/test_document.py", VALUES),
    "relay/sap/weighing.py": ("tests/unit/relay/sap/test_mapping.py", "weighs a mapping's rules: tested through them"),
    "relay/sap/writing.py": (
        "tests/unit/relay/sap/test_document.py",
        "one step of building a document: tested through its result",
    ),
    "relay/tieout/": (
        "tests/unit/relay/tieout/test_readback.py",
        "gathers from the database: tested through what is made of it",
    ),
    "relay/trail/errors.py": ("tests/unit/relay/trail/test_vault.py", VALUES),
    "relay/tunnel/": ("tests/integration/test_tunnel.py", "sessions over mutual TLS: tested through the endpoint"),
    "agent/__main__.py": ("tests/integration/test_agent_commands.py", COMMANDS),
    "agent/app.py": ("tests/integration/test_agent_end_to_end.py", "composition only: tested as the running agent"),
    "agent/cli/": ("tests/integration/test_agent_commands.py", COMMANDS),
    "agent/checks/": ("tests/integration/test_agent_commands.py", "one check per hop: tested against real hops"),
    "agent/config/": ("tests/unit/agent/config/test_loading.py", VALUES),
    "agent/connection/": ("tests/integration/test_agent_connection.py", EDGE),
    "agent/desk/": ("tests/unit/agent/desk/test_desk.py", "parts of the desk: tested through it"),
    "agent/enrolment.py": ("tests/integration/test_agent_enrolment.py", EDGE),
    "agent/journal/": ("tests/unit/agent/journal/test_journal.py", "parts of the journal: tested through it"),
    "agent/luw/": ("tests/integration/test_luw.py", "acts on SAP: tested against the ECC simulator"),
    "agent/policy/": ("tests/unit/agent/test_policy.py", "one policy, one test of its rules"),
    "agent/rfc/": ("tests/integration/test_rfc_pool.py", EDGE),
    "sandbox/__main__.py": ("tests/integration/test_store_command.py", COMMANDS),
    "sandbox/cli.py": ("tests/integration/test_store_command.py", COMMANDS),
    "sandbox/ecc/process.py": ("tests/integration/test_ecc_simulator.py", EDGE),
    "sandbox/ecc/control/app.py": (
        "tests/unit/sandbox/ecc/control/test_books.py",
        "the table of routes: tested through them",
    ),
    "sandbox/ecc/control/settlement_routes.py": (
        "tests/unit/sandbox/ecc/control/test_settlement.py",
        "the table of routes: tested through them",
    ),
    "sandbox/landscape/": ("tests/acceptance/test_an_order_posts_once.py", "the demo: tested by running it"),
    "sandbox/store/rest/": ("tests/integration/test_store_rest.py", EDGE),
    "sandbox/store/control/": ("tests/integration/test_store_control.py", EDGE),
    "sandbox/store/": (
        "tests/integration/test_store_rest.py",
        "parts of the simulator: tested through its REST interface",
    ),
}
"""Modules without a test file at the mirrored path: the test that holds them, and why it stands elsewhere.

A key that ends with `/` stands for all modules of that folder which have no mirrored test.
"""

NO_EXPORTS = {"relay/db/migrations/env.py": "Alembic runs it as a script; nobody imports it"}
"""Modules without `__all__`, with the reason."""

SPEAKING_PACKAGES: dict[str, str] = {
    "sandbox/ecc/function_modules": "the table of function modules is the package",
}
"""Package files that hold more than a docstring, with the reason."""

FORBIDDEN_TEXT = (
    re.compile(r"(?<![\w.$}])/(?:" + "work|root|farm" + r")/"),
    re.compile(r"https?://[\w.:-]*(?:" + "pypi|artifactory|nexus|devpi" + r")[\w.:-]*/", re.IGNORECASE),
    re.compile("shared/" + "design"),
)
"""Paths of one machine, addresses of package indexes, and folders that do not come with a clone."""

ALLOWED_TEXT = {".ci/run": "the one place that looks for the published API documents beside the project"}


def _modules() -> list[tuple[str, Path]]:
    return [
        (f"{package}/{path.relative_to(folder).as_posix()}", path)
        for package, folder in SOURCES.items()
        for path in sorted(folder.rglob("*.py"))
    ]


def _mirror(name: str) -> Path:
    path = Path(name)
    return ROOT / "tests/unit" / path.parent / f"test_{path.stem.strip('_')}.py"


def _elsewhere(name: str) -> str | None:
    folders = [f"{parent.as_posix()}/" for parent in Path(name).parents]
    return next((key for key in (name, *folders) if key in TESTED_ELSEWHERE), None)


MODULES = [(name, path) for name, path in _modules() if path.name != "__init__.py"]
PACKAGES = [(name, path) for name, path in _modules() if path.name == "__init__.py"]


@pytest.mark.parametrize(("name", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_every_module_is_short_introduces_itself_and_names_its_exports(name: str, path: Path) -> None:
    """At most 400 lines, a docstring from the first line on, and `__all__`."""
    text = path.read_text("utf-8")

    assert len(text.splitlines()) <= LONGEST_MODULE, "split it where its purposes part"
    assert text.startswith('"""'), "the first line says what the module is for"
    assert re.search(r"^__all__(: .*)? = ", text, re.MULTILINE) or name in NO_EXPORTS


@pytest.mark.parametrize(("name", "path"), PACKAGES, ids=[name for name, _ in PACKAGES])
def test_a_package_file_is_one_docstring(name: str, path: Path) -> None:
    """Importing a package runs nothing."""
    (first, *rest) = ast.parse(path.read_text("utf-8")).body

    assert isinstance(first, ast.Expr)
    assert isinstance(first.value, ast.Constant)
    assert not rest or name.removesuffix("/__init__.py") in SPEAKING_PACKAGES


def test_every_module_has_its_test_where_people_look_for_it() -> None:
    """tests/unit mirrors the source; what stands elsewhere is listed with its place."""
    homeless = [name for name, _ in MODULES if not _mirror(name).exists() and _elsewhere(name) is None]

    assert homeless == []


def test_the_table_of_tests_elsewhere_is_current() -> None:
    """Every module, folder and place in it exists."""
    names = {name for name, _ in MODULES}

    assert [place for place, _ in TESTED_ELSEWHERE.values() if not (ROOT / place).exists()] == []
    assert [key for key in TESTED_ELSEWHERE if not any(name == key or name.startswith(key) for name in names)] == []


def test_every_exception_in_the_tables_is_still_one() -> None:
    """A table that outlives its reasons hides the next fault."""
    names = {name for name, _ in MODULES}

    assert names >= NO_EXPORTS.keys()
    assert {name.removesuffix("/__init__.py") for name, _ in PACKAGES} >= SPEAKING_PACKAGES.keys()


def test_nothing_in_the_tree_names_a_machine_or_an_index() -> None:
    """A clone stands by itself, on any machine."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    found = []
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if name in ALLOWED_TEXT or not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        found += [f"{name}: {match[0]}" for pattern in FORBIDDEN_TEXT if (match := pattern.search(text))]

    assert found == []

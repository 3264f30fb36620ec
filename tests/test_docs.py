"""Documentation names only what exists: tests, files, headings."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlconnector_relay.config import Settings, load_settings
from pydantic import BaseModel

ROOT = Path(__file__).resolve().parents[1]

TEST = re.compile(r"`(?P<path>[\w/]+\.py)::(?P<name>test_\w+)`")
LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?P<target>[^)\s]+)\)")
CODE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def _pages() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).exists()]


PAGES = _pages()
EACH_PAGE = pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])


def _headings(page: Path) -> Iterator[str]:
    for line in CODE.sub("", page.read_text("utf-8")).splitlines():
        if line.startswith("#"):
            text = re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower())
            yield text.replace(" ", "-")


@EACH_PAGE
def test_every_test_named_exists(page: Path) -> None:
    """A claim with a test that is gone is a claim without a test. Paths are below tests/."""
    missing = []
    for named in TEST.finditer(page.read_text("utf-8")):
        file = ROOT / "tests" / named["path"]
        if not file.exists() or f"def {named['name']}(" not in file.read_text("utf-8"):
            missing.append(named[0])

    assert missing == []


@EACH_PAGE
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    """To a file or folder of the tree, and to a heading where one is named."""
    broken = []
    for link in LINK.finditer(CODE.sub("", page.read_text("utf-8"))):
        target, _, heading = link["target"].partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (heading and heading not in _headings(file)):
            broken.append(link["target"])

    assert broken == []


def test_every_rule_of_exactly_once_has_a_test() -> None:
    """A row of the tables without a test is a promise."""
    text = (ROOT / "docs/explanation/exactly-once.md").read_text("utf-8")
    rows = [
        line
        for line in text.splitlines()
        if line.startswith("| ") and not line.startswith(("| #", "| point", "| fault"))
    ]

    assert rows
    assert [row for row in rows if not TEST.search(row)] == []


def test_every_rule_of_finance_has_a_page_and_an_example() -> None:
    """All 27; what is not built says so, and what has no amounts."""
    text = (ROOT / "docs/explanation/rules.md").read_text("utf-8")
    rows = [line.strip("|").split("|") for line in text.splitlines() if re.match(r"\| \d", line)]

    assert [int(number) for row in rows for number in row[0].split(",")] == list(range(1, 28))
    assert [row for row in rows if not any(word in row[2] for word in ("](", "not posted yet", "not built yet"))] == []
    assert [
        row
        for row in rows
        if "](" in row[2] and not re.search(r"\d|posting-examples|totals of a day|no amounts", row[3])
    ] == []


def test_the_relays_example_settings_work_and_show_every_key() -> None:
    """What operators copy is valid, and nothing can be set that it does not show."""
    example = ROOT / "deploy/relay/relay.example.toml"
    text = example.read_text("utf-8")

    load_settings(example, {})

    keys = [(section, key) for section, field in Settings.model_fields.items() for key in _keys(field.annotation)]
    assert [key for _, key in keys if not re.search(rf"^(# )?{key} = ", text, re.MULTILINE)] == []


def _keys(section: object) -> list[str]:
    assert isinstance(section, type)
    assert issubclass(section, BaseModel)
    return list(section.model_fields)

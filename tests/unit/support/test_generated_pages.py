"""Pages generated from the code are those of the code."""

from collections.abc import Callable

import pytest

from tests.support import commands_page, messages_page, settings_pages


def test_commands_are_those_of_the_programs() -> None:
    """After a change of a command: `python -m tests.support.commands_page`."""
    assert commands_page.PAGE.read_text("utf-8") == commands_page.rendered()


@pytest.mark.parametrize(("name", "render"), settings_pages.PAGES.items())
def test_settings_are_those_of_the_classes(name: str, render: Callable[[], str]) -> None:
    """After a change of a setting: `python -m tests.support.settings_pages`."""
    assert (settings_pages.REFERENCE / name).read_text("utf-8") == render()


@pytest.mark.parametrize("program", commands_page.PROGRAMS)
def test_every_program_has_its_section(program: str) -> None:
    """With every command it has at this moment."""
    text = commands_page.rendered()

    assert f"## {program}\n" in text


def test_every_option_has_a_meaning() -> None:
    """Of every command."""
    bare = [line for line in commands_page.rendered().splitlines() if line.startswith("| `") and line.endswith("|  |")]

    assert bare == []


@pytest.mark.parametrize("render", settings_pages.PAGES.values())
def test_every_setting_has_a_meaning(render: Callable[[], str]) -> None:
    """Of both programs."""
    bare = [line for line in render().splitlines() if line.startswith("| `") and line.endswith("|  |")]

    assert bare == []


def test_messages_are_those_of_the_catalogue() -> None:
    """After a change of the catalogue: `python -m tests.support.messages_page`."""
    assert messages_page.PAGE.read_text("utf-8") == messages_page.rendered()

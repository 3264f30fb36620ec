"""Renders docs/reference/commands.md from the programs' own help: `python -m tests.support.commands_page`."""

from collections.abc import Iterator
from pathlib import Path

import click
import mlconnector_agent.__main__  # noqa: F401  hangs the agent's commands on their group
from mlconnector_agent.cli.root import root as agent
from mlconnector_relay.cli.main import main as relay
from mlconnector_sandbox.cli import main as sandbox

__all__ = ["PAGE", "rendered"]

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"

PROGRAMS: dict[str, tuple[click.Command, str]] = {
    "mlconnector-relay": (
        relay,
        "Exit codes: 0 done, 1 an error that the message explains, 2 a wrong command line.",
    ),
    "mlconnector-agent": (
        agent,
        "Exit codes: 0 done or all is well, 1 a warning, 2 a failure or a wrong call, 3 something could not be seen.",
    ),
    "mlconnector-sandbox": (
        sandbox,
        "Never for production. Exit codes: 0 done, 1 a difference or an error, 2 a wrong command line.",
    ),
}

HEAD = """# Commands

Every command and option of the three programs, as their `--help` has them. This page is generated:
`python -m tests.support.commands_page`.
"""


def rendered() -> str:
    """Return the page."""
    parts = [HEAD]
    for program, (command, codes) in PROGRAMS.items():
        parts.append(f"## {program}\n\n{codes}\n")
        parts += _described(command, [program])
    return "\n".join(parts)


def _described(command: click.Command, path: list[str]) -> Iterator[str]:
    context = click.Context(command, info_name=path[-1])
    usage = " ".join([*path, *command.collect_usage_pieces(context)])
    text = (command.help or "").replace("\b", "").strip()
    lines = [f"### `{' '.join(path)}`\n", f"    {usage}\n"]
    lines += [" ".join(paragraph.split()) + "\n" for paragraph in text.split("\n\n") if paragraph]
    rows = [_row(option, context) for option in command.params if isinstance(option, click.Option)]
    if rows:
        lines.append("\n".join(["| option | meaning |", "|---|---|", *rows]) + "\n")
    yield "\n".join(lines)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield from _described(inner, [*path, name])


def _row(option: click.Option, context: click.Context) -> str:
    names = ", ".join([*option.opts, *option.secondary_opts])
    value = "" if option.is_flag or option.count else f" {option.make_metavar(context)}"
    notes = [option.help or ""]
    if option.required:
        notes.append("Required.")
    if option.multiple:
        notes.append("May be repeated.")
    default = option.to_info_dict()["default"]
    shows = isinstance(default, str | int | float | Path) and not isinstance(default, bool) and default != ""
    if shows and not option.required:
        notes.append(f"Default: `{default}`.")
    if isinstance(option.envvar, str):
        notes.append(f"Environment: `{option.envvar}`.")
    meaning = " ".join(" ".join(notes).split())
    cells = [text.replace("|", r"\|") for text in (f"`{names}{value}`", meaning)]
    return f"| {cells[0]} | {cells[1]} |"


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(rendered(), encoding="utf-8")


if __name__ == "__main__":
    main()

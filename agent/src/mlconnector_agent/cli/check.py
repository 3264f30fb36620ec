"""`check`: one line for each hop between the relay and SAP, with what to do about it."""

import asyncio

import click
import msgspec

from ..checks.findings import Finding, Status, exit_code
from ..checks.hops import run_checks
from ..config.settings import Settings
from ..runtime import SystemRuntime
from .root import print_json, root, settings_of

__all__ = ["check_command"]


@root.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def check_command(context: click.Context, *, as_json: bool) -> None:
    """Check settings, files, RFC library, relay and SAP. Logs on to SAP exactly once.

    Exit codes: 0 all is well, 1 a warning, 2 a failure, 3 something could not be looked at.
    """
    settings = settings_of(context)
    findings = asyncio.run(_check(settings, str(context.obj), as_json=as_json))
    if as_json:
        print_json([msgspec.to_builtins(finding) for finding in findings])
    raise SystemExit(exit_code(findings))


async def _check(settings: Settings, config: str, *, as_json: bool) -> list[Finding]:
    findings: list[Finding] = []

    def show(finding: Finding) -> None:
        findings.append(finding)
        if not as_json:
            click.echo(finding.line())

    show(Finding("config", Status.PASS, config))
    async for finding in run_checks(settings, SystemRuntime()):
        show(finding)
    return findings

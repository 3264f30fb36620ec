"""`enrol`: a token against this agent's identity."""

import click
from mlconnector_shared.errors import ConnectorError

from ..enrolment import enrol
from ..runtime import SystemRuntime
from .root import fail, print_json, root, settings_of

__all__ = ["enrol_command"]


@root.command("enrol")
@click.argument("token")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def enrol_command(context: click.Context, token: str, *, as_json: bool) -> None:
    """Exchange the relay's one-time TOKEN for this agent's certificate."""
    settings = settings_of(context)
    try:
        enrolled = enrol(token, settings, SystemRuntime())
    except ConnectorError as error:
        fail(str(error))
    facts = {"tenant": enrolled.tenant, "instance": enrolled.instance, "tunnel_url": enrolled.tunnel_url,
             "sysid": enrolled.sysid, "client": enrolled.client}  # fmt: skip
    if as_json:
        print_json(facts)
    else:
        click.echo(f"Enrolled {enrolled.instance} of {enrolled.tenant}; the relay is {enrolled.tunnel_url}.")

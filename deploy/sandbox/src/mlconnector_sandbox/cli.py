"""The commands of the sandbox: `ecc` and `store` run one simulator, `up` the whole landscape."""

import importlib

import click

__all__ = ["main"]

_COMMANDS = {
    "ecc": ("mlconnector_sandbox.ecc.command", "ecc"),
    "store": ("mlconnector_sandbox.store.command", "store"),
    "up": ("mlconnector_sandbox.landscape.command", "up"),
}


class _Lazy(click.Group):
    """Imports a command's module only when it runs, so that `ecc` does not load the store's code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands."""
        del ctx
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and return its click command."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, attribute = _COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mlconnector-sandbox")
def main() -> None:
    """Simulators of BigCommerce and SAP ECC, and a whole ml-connector landscape on loopback."""

"""`mlconnector-sandbox store`: serve one simulated BigCommerce store."""

import asyncio
import signal
from pathlib import Path

import click

from .app import StoreOptions, running_store
from .limits import QuotaSettings
from .profile import ProfileError, load_profile

__all__ = ["store"]


@click.command()
@click.option("--store-hash", required=True, metavar="HASH", help="The store's id in API paths and callbacks.")
@click.option("--profile", default="eu", show_default=True, help="eu, us, jp, kw, or the path of a TOML file.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1; 0 takes a free one.")
@click.option("--state", type=click.Path(file_okay=False, path_type=Path), help="Folder to keep the store in.")
@click.option("--ready-file", type=click.Path(dir_okay=False, path_type=Path), help="Written as JSON once it answers.")
@click.option(
    "--retry-factor",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Scales the retry schedule of callbacks, the blocklist's window and its blocking time.",
)
@click.option("--access-token", help="X-Auth-Token of the first API account; drawn if not given.")
@click.option("--client-secret", help="Key of its callbacks' signatures; drawn if not given.")
@click.option(
    "--quota",
    type=click.IntRange(min=1),
    default=QuotaSettings().quota,
    show_default=True,
    help="Requests per 30 seconds; the Plus plan has 150.",
)
@click.option(
    "--allow-any-destination/--only-https-443",
    default=True,
    show_default=True,
    help="Whether hooks may have http destinations and other ports than 443.",
)
@click.option(
    "--ca-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Certificates that https destinations are verified against, besides the system's.",
)
def store(
    *,
    store_hash: str,
    profile: str,
    port: int,
    state: Path | None,
    ready_file: Path | None,
    retry_factor: float,
    access_token: str | None,
    client_secret: str | None,
    quota: int,
    allow_any_destination: bool,
    ca_file: Path | None,
) -> None:
    """Serve a simulated BigCommerce store on 127.0.0.1 until interrupted."""
    try:
        loaded = load_profile(profile)
    except ProfileError as error:
        raise click.BadParameter(str(error), param_hint="--profile") from error
    options = StoreOptions(
        store_hash=store_hash,
        profile=loaded,
        port=port,
        state=state,
        retry_factor=retry_factor,
        access_token=access_token,
        client_secret=client_secret,
        quota=quota,
        any_destination=allow_any_destination,
        ca_file=ca_file,
    )
    asyncio.run(_serve(options, ready_file))


async def _serve(options: StoreOptions, ready_file: Path | None) -> None:
    stop = asyncio.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    async with running_store(options) as running:
        if ready_file is not None:
            _write_whole(ready_file, running.ready())
        click.echo(f"store {options.store_hash} answers at http://127.0.0.1:{running.port}", err=True)
        stopping = asyncio.create_task(stop.wait())
        # A sender that ends by itself has failed, and a store that sends nothing must not look alive.
        await asyncio.wait({stopping, running.sender}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file so that nobody reads half of it, and only its owner reads the secrets in it."""
    partial = path.with_name(f"{path.name}.part")
    partial.touch(mode=0o600)
    partial.write_bytes(content)
    partial.replace(path)

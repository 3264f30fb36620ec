"""Brings the landscape up with nothing but the programs' own commands, as an operator would."""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final

from .folder import Folder
from .processes import Process, free_port, run_command, wait_for

__all__ = ["Landscape", "Options", "http_json"]

TENANT: Final = "demo"
STORE_HASH: Final = "demostore"
INSTANCE: Final = "erp-agent-1"
SYSID: Final = "ECC"
CLIENT: Final = "100"


@dataclass(frozen=True, slots=True)
class Options:
    """What varies between landscapes.

    Attributes:
        state: folder of everything it writes.
        profile: the store's profile: eu, us, jp or kw.
        retry_factor: scale of the store's callback retry schedule.
        database_url: the relay's database; SQLite under `state` where empty.
        relay: further relay settings by section, laid over ours.
        agent_environment: variables of the agent process, such as failpoints.
        relay_environment: variables of the relay process.
        mapping: text of the mapping file; the packaged one where empty.
        cut_over: since when orders count, ISO 8601; since the store is added where empty.
    """

    state: Path
    profile: str = "eu"
    retry_factor: float = 0.01
    database_url: str = ""
    relay: Mapping[str, Mapping[str, Any]] | None = None
    agent_environment: Mapping[str, str] | None = None
    relay_environment: Mapping[str, str] | None = None
    mapping: str = ""
    cut_over: str = ""


class Landscape:
    """Store, ECC, relay and agent on loopback. `start` them, `stop` them; each part can be killed and started alone."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.state = options.state.absolute()
        self._folder = Folder(self.state)
        logs = self.state / "log"
        self.relay_port, self.tunnel_port = free_port(), free_port()
        self.relay_config = self.state / "relay" / "relay.toml"
        self.agent_config = self.state / "agent" / "agent.toml"
        self.mapping_file = self.state / "mapping" / f"{TENANT}.toml"
        sandbox = "mlconnector_sandbox"
        self.ecc = Process(
            "ecc",
            (sandbox, "ecc", "--sysnr", "auto", "--state", str(self.state / "ecc"),
             "--ready-file", str(logs / "ecc.ready.json")),
            logs,
        )  # fmt: skip
        self.store = Process(
            "store",
            (sandbox, "store", "--store-hash", STORE_HASH, "--profile", options.profile,
             "--state", str(self.state / "store"), "--retry-factor", str(options.retry_factor),
             "--ready-file", str(logs / "store.ready.json")),
            logs,
        )  # fmt: skip
        self.relay = Process(
            "relay",
            ("mlconnector_relay", "--config", str(self.relay_config), "serve"),
            logs,
            {**(options.relay_environment or {})},
        )
        self.agent = Process(
            "agent",
            ("mlconnector_agent", "--config", str(self.agent_config), "run"),
            logs,
            {**(options.agent_environment or {})},
        )
        self.ecc_facts: dict[str, Any] = {}
        self.store_facts: dict[str, Any] = {}

    @property
    def relay_url(self) -> str:
        """Return the relay's public address."""
        return f"http://127.0.0.1:{self.relay_port}"

    @property
    def store_url(self) -> str:
        """Return the store simulator's address."""
        return f"http://127.0.0.1:{self.store_facts['port']}"

    @property
    def ecc_url(self) -> str:
        """Return the address of the ECC simulator's control interface."""
        return f"http://127.0.0.1:{self.ecc_facts['control_port']}"

    def prepare(self) -> None:
        """Take the folder, forget an earlier landscape in it, and write mapping and relay settings.

        Raises:
            LandscapeError: the folder is in use, or not a landscape's.
        """
        self._folder.claim()
        for folder in ("relay", "agent", "mapping", "log", "secrets"):
            (self.state / folder).mkdir(parents=True, mode=0o700)
        packaged = resources.files("mlconnector_sandbox.landscape").joinpath(f"mapping-{self.options.profile}.toml")
        self.mapping_file.write_text(self.options.mapping or packaged.read_text("utf-8"), "utf-8")
        self.relay_config.write_text(self._relay_toml(), "utf-8")

    def start(self, say: Callable[[str], None] = lambda _: None) -> None:
        """Start everything from nothing: simulators, relay, enrolled agent, registered store.

        Args:
            say: told what is done next, one sentence each.

        Raises:
            LandscapeError: a part did not start.
        """
        self.prepare()
        say("starting the simulators of the store and of SAP ECC")
        self.start_simulators()
        say("starting the relay: db upgrade, tenant add, serve")
        self.relay_command("db", "upgrade")
        self.relay_command("tenant", "add", TENANT)
        self.start_relay()
        say("enrolling the agent with a one-time token and starting it: agent token, enrol, run")
        self.enrol_agent()
        self.agent.start()
        say("adding the store: its token is checked, its webhooks are registered: store add")
        self.add_store()

    def start_simulators(self) -> None:
        """Start the store and ECC and learn their ports."""
        self.ecc.start()
        self.store.start()
        self.ecc_facts, self.store_facts = self.ecc.ready(), self.store.ready()

    def start_relay(self) -> None:
        """Start the relay and wait until it answers on its health address."""
        self.relay.start()
        self.await_relay()

    def await_relay(self, seconds: float = 30.0) -> None:
        """Wait until the relay is alive."""

        def look() -> bool | None:
            self.relay.must_run()
            try:
                with urllib.request.urlopen(f"{self.relay_url}/healthz", timeout=2) as answer:  # noqa: S310
                    return answer.status == 200 or None  # noqa: PLR2004
            except (urllib.error.URLError, OSError):
                return None

        wait_for(look, seconds, f"the relay does not answer; see {self.relay.log}")

    def enrol_agent(self) -> None:
        """Write the agent's settings and enrol it with a one-time token, as Basis would."""
        password = self.state / "secrets" / "sap-password"
        password.write_text("mlc-secret")
        password.chmod(0o600)
        self.agent_config.write_text(self._agent_toml(password), "utf-8")
        token = self.relay_command(
            "agent", "token", "--tenant", TENANT, "--instance", INSTANCE, "--sysid", SYSID, "--client", CLIENT
        ).strip()
        run_command(("mlconnector_agent", "--config", str(self.agent_config), "enrol", token.splitlines()[-1]))

    def add_store(self, *more: str) -> str:
        """Add the store to the relay, with further options: its token is checked, its hooks are registered."""
        token, secret = self.state / "secrets" / "access-token", self.state / "secrets" / "client-secret"
        token.write_text(str(self.store_facts["access_token"]))
        secret.write_text(str(self.store_facts["client_secret"]))
        for file in (token, secret):
            file.chmod(0o600)
        return self.relay_command(
            "store", "add", "--tenant", TENANT, "--store-hash", STORE_HASH,
            "--api-url", f"{self.store_url}/stores/{STORE_HASH}",
            "--access-token-file", str(token), "--client-secret-file", str(secret),
            "--code", "B1", "--sysid", SYSID, "--client", CLIENT, "--cut-over", self.options.cut_over, *more,
        )  # fmt: skip

    def relay_command(self, *arguments: str) -> str:
        """Run a `mlconnector-relay` command and return its output."""
        return run_command(("mlconnector_relay", "--config", str(self.relay_config), *arguments))

    def agent_command(self, *arguments: str) -> str:
        """Run a `mlconnector-agent` command and return its output."""
        return run_command(("mlconnector_agent", "--config", str(self.agent_config), *arguments))

    def stop(self) -> bool:
        """End everything in the order of the flow; return whether anything had been started."""
        processes = (self.store, self.relay, self.agent, self.ecc)
        for process in processes:
            process.stop()
        self._folder.release()
        return any(process.pid for process in processes)

    def _relay_toml(self) -> str:
        settings: dict[str, dict[str, Any]] = {
            "relay": {"id": "relay-1", "environment": "test", "state_dir": str(self.state / "relay")},
            "database": {"url": self.options.database_url or f"sqlite+aiosqlite:///{self.state}/relay/relay.db"},
            "listen": {"host": "127.0.0.1", "port": self.relay_port},
            "tunnel": {"host": "127.0.0.1", "port": self.tunnel_port},
            "mapping": {"directory": str(self.mapping_file.parent), "reload_seconds": 0.5},
            "work": {"settle_seconds": 0.5, "answer_seconds": 3.0, "poll_seconds": 0.2, "sweep_seconds": 5.0},
        }
        for section, values in (self.options.relay or {}).items():
            settings.setdefault(section, {}).update(values)
        return _toml(settings)

    def _agent_toml(self, password: Path) -> str:
        template = resources.files("mlconnector_sandbox.landscape").joinpath("agent.toml").read_text("utf-8")
        values = {
            "instance": INSTANCE,
            "state_dir": str(self.state / "agent"),
            "sysnr": f"{int(self.ecc_facts['rfc_port']) - 3300:02d}",
            "password_file": str(password),
            "sdk_home": os.environ.get("SAPNWRFC_HOME", ""),
        }
        for name, value in values.items():
            template = template.replace(f"@{name}@", value)
        return template


def http_json(method: str, url: str, body: Any = None, timeout: float = 30.0) -> Any:
    """Send JSON to a simulator's control interface and return its answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310
        url, data=data, method=method, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310
        text = answer.read()
    return json.loads(text) if text else None


def _toml(settings: Mapping[str, Mapping[str, Any]]) -> str:
    lines: list[str] = []
    for section, values in settings.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"

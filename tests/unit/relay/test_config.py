"""Settings: one file, the environment over it, every error at once."""

import re
import tomllib
from pathlib import Path

import pytest
from mlconnector_relay.config import ENVIRONMENT_PREFIX, Settings, SettingsInvalid, load_settings
from pydantic import BaseModel

EXAMPLE = Path(__file__).parents[3] / "deploy" / "relay" / "relay.example.toml"

LEAST = """
[relay]
state_dir = "state"
[database]
url = "sqlite+aiosqlite:///relay.db"
[mapping]
directory = "mappings"
"""


def load(folder: Path, more: str = "", **environment: str) -> Settings:
    file = folder / "relay.toml"
    file.write_text(LEAST + more)
    return load_settings(file, {ENVIRONMENT_PREFIX + name: value for name, value in environment.items()})


def errors(folder: Path, more: str = "", **environment: str) -> tuple[str, ...]:
    with pytest.raises(SettingsInvalid) as caught:
        load(folder, more, **environment)
    assert str(folder / "relay.toml") in str(caught.value)
    return caught.value.errors


def test_the_least_file_is_enough(tmp_path: Path) -> None:
    """Everything else has a default; addresses follow from the listener."""
    settings = load(tmp_path)

    assert (settings.relay.environment, settings.listen.address) == ("production", "http://127.0.0.1:8080")


@pytest.mark.parametrize(
    ("more", "address"),
    [
        ('[listen]\npublic_url = "https://shop.example/"', "https://shop.example"),
        ('[listen]\ntls_certificate = "a"\ntls_key = "b"\nport = 443', "https://127.0.0.1:443"),
    ],
)
def test_where_stores_reach_us(tmp_path: Path, more: str, address: str) -> None:
    """As told, else by scheme, host and port."""
    assert load(tmp_path, more).listen.address == address


def test_the_environment_lies_over_the_file(tmp_path: Path) -> None:
    """Numbers as text, lists as JSON; variables of other purposes are left alone."""
    settings = load(
        tmp_path,
        "[listen]\nport = 1",
        LISTEN__PORT="9090",
        TUNNEL__NAMES='["a.example", "b.example"]',
        WORK__SWEEP_SECONDS="1.5",
        CONFIG="elsewhere.toml",
    )

    assert settings.listen.port == 9090
    assert settings.tunnel.names == ("a.example", "b.example")
    assert settings.work.sweep_seconds == 1.5


def test_every_error_is_told_at_once(tmp_path: Path) -> None:
    """File, key, what is expected and what was found; variables by their own name."""
    said = errors(
        tmp_path,
        '[listen]\nport = "eighty"\nadress = "x"\n[work]\nconcurrency = 0\n[nonsense]\na = 1',
        NOSUCH="1",
        LISTEN__HOTS="1",
        TUNNEL__NAMES="[oops",
    )

    text = "\n".join(said)
    assert len(said) == 7
    assert f"{ENVIRONMENT_PREFIX}NOSUCH: no such setting" in text
    assert f"{ENVIRONMENT_PREFIX}LISTEN__HOTS: no such setting" in text
    assert re.search(r"listen\.port: .*integer.*\(found 'eighty'\)", text)
    assert "listen.adress: Extra inputs are not permitted" in text
    assert "work.concurrency: Input should be greater than or equal to 1 (found 0)" in text
    assert "nonsense: Extra inputs are not permitted" in text
    assert "tunnel.names" in text


def test_a_misplaced_secret_is_not_shown(tmp_path: Path) -> None:
    """The message ends up in a log."""
    assert "geheim" not in "\n".join(errors(tmp_path, '[secrets]\npassword = "geheim"\n'))


def test_a_section_that_is_none_is_told(tmp_path: Path) -> None:
    """Also when a variable would go into it."""
    file = tmp_path / "relay.toml"
    file.write_text('listen = 5\n[relay]\nstate_dir = "s"\n[database]\nurl = "x"\n[mapping]\ndirectory = "m"\n')
    with pytest.raises(SettingsInvalid, match=r"listen: "):
        load_settings(file, {f"{ENVIRONMENT_PREFIX}LISTEN__PORT": "1"})


def test_what_goes_together_is_set_together(tmp_path: Path) -> None:
    """A certificate without its key would only fail at the first connection."""
    assert "set both or neither" in errors(tmp_path, '[listen]\ntls_key = "b"')[0]


def test_production_refuses_failpoints(tmp_path: Path) -> None:
    """A test's door stays shut."""
    assert "refuses failpoints" in errors(tmp_path, FAILPOINT="after_intent")[0]
    file = tmp_path / "relay.toml"
    file.write_text(LEAST.replace("[database]", 'environment = "test"\n[database]'))
    assert load_settings(file, {f"{ENVIRONMENT_PREFIX}FAILPOINT": "after_intent"}).relay.environment == "test"


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Where there is none, where to start from; where it is no TOML, the line."""
    with pytest.raises(SettingsInvalid, match=r"relay\.example\.toml"):
        load_settings(tmp_path / "none.toml")
    (tmp_path / "broken.toml").write_text("[relay\n")
    with pytest.raises(SettingsInvalid, match="line 1"):
        load_settings(tmp_path / "broken.toml", {})


def keys(section: type[BaseModel]) -> set[str]:
    return set(section.model_fields)


def test_the_example_names_every_setting_with_its_default(tmp_path: Path) -> None:
    """It loads as it stands, and with everything that is commented out."""
    text = EXAMPLE.read_text("utf-8")
    settings = load_settings(EXAMPLE, {})
    assert settings.relay.environment == "production"

    full = tmp_path / "full.toml"
    full.write_text(re.sub(r"^# (?=(\[\w+\]|\w+ = ))", "", text, flags=re.MULTILINE))
    complete = tomllib.loads(full.read_text())
    for name, field in Settings.model_fields.items():
        assert isinstance(field.annotation, type)
        assert set(complete[name]) == keys(field.annotation), name
    defaults = load_settings(full, {}).model_dump()
    shown = settings.model_dump()
    optional = {"log_file", "public_url", "tls_certificate", "tls_key", "master_key_file", "activation"}
    assert load_settings(full, {}).activation == settings.activation == "four_eyes"
    assert load_settings(full, {}).monitoring_port == settings.monitoring_port == 8081
    del shown["monitoring"]["port"]
    for section, values in shown.items():
        for key in values.keys() - optional:
            assert defaults[section][key] == values[key], f"{section}.{key}"


def test_a_channel_has_one_address_and_a_name_of_its_own(tmp_path: Path) -> None:
    """The address is a secret: it is shown by no error, and may stand in a file of its own."""
    channel = '[[alerts.channels]]\nname = "mail"\n'
    assert "expected url or url_file" in errors(tmp_path, channel)[0]
    both = channel + 'url = "json://geheim@host"\nurl_file = "x"\n'
    assert "expected url or url_file" in errors(tmp_path, both)[0]
    assert "geheim" not in "\n".join(errors(tmp_path, both))
    twice = (channel + 'url = "json://host"\n') * 2
    assert "two channels are named mail" in errors(tmp_path, twice)[0]

    (tmp_path / "mail.url").write_text("json://geheim@host\n")
    settings = load(tmp_path, f'{channel}url_file = "{tmp_path}/mail.url"\n')
    assert settings.alerts.channels[0].address == "json://geheim@host"
    assert "geheim" not in repr(load(tmp_path, f'{channel}url = "json://geheim@host"\n'))
    missing = load(tmp_path, f'{channel}url_file = "{tmp_path}/none"\n').alerts.channels[0]
    with pytest.raises(SettingsInvalid, match=r"channel mail: 1 error.*\n.*none: No such file"):
        _ = missing.address


@pytest.mark.parametrize(
    ("more", "decides"),
    [
        ('environment = "production"', "four_eyes"),
        ('environment = "test"', "file"),
    ],
)
def test_who_puts_mappings_in_force(tmp_path: Path, more: str, decides: str) -> None:
    """Two people in production; in a test whoever writes the file."""
    file = tmp_path / "relay.toml"
    file.write_text(LEAST.replace("[database]", f"{more}\n[database]"))
    assert load_settings(file, {}).activation == decides
    assert load_settings(file, {f"{ENVIRONMENT_PREFIX}MAPPING__ACTIVATION": "one_person"}).activation == "one_person"


@pytest.mark.parametrize(
    ("environment", "set_", "port"),
    [("production", {}, 8081), ("test", {}, None), ("production", {"port": 0}, 0), ("test", {"port": 9000}, 9000)],
)
def test_readiness_and_metrics_are_private_in_production(
    environment: str, set_: dict[str, int], port: int | None
) -> None:
    """Without a word in the settings, and on loopback; a test may have everything at one address."""
    general = {"state_dir": "/s", "environment": environment}
    read = {"relay": general, "database": {"url": "x"}, "mapping": {"directory": "/m"}, "monitoring": set_}
    settings = Settings.model_validate(read)
    assert (settings.monitoring_port, settings.monitoring.host) == (port, "127.0.0.1")

"""Settings: all errors at once, each with its key and what is expected; production refuses test helps."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from mlconnector_agent.config.errors import SettingsInvalid
from mlconnector_agent.config.loading import load_settings
from mlconnector_agent.config.settings import Settings

from tests.support.agent import ROOT, write_settings

EXAMPLE = ROOT / "deploy" / "agent" / "agent.example.toml"


def load(path: Path, **environment: str) -> Settings:
    return load_settings(path, environment)


def errors_of(path: Path, **environment: str) -> list[str]:
    with pytest.raises(SettingsInvalid) as raised:
        load_settings(path, environment)
    assert str(path) in str(raised.value)
    return list(raised.value.errors)


def test_the_documented_example_is_valid() -> None:
    """What Basis copies works, in production."""
    settings = load(EXAMPLE)

    assert settings.is_production
    policy = settings.permissions()
    assert policy.max_amount == {"EUR": Decimal("25000.00")}
    assert "0000850000" in policy.accounts[0] if policy.accounts else False


def test_the_example_shows_every_key_with_its_default(tmp_path: Path) -> None:
    """A key that is not explained there does not exist for Basis."""
    text = EXAMPLE.read_text("utf-8")
    for section in msgspec.structs.fields(Settings):
        for field in msgspec.structs.fields(section.type):
            shown = f"{field.name} = " in text or f"[{section.name}.{field.name}]" in text
            assert shown, f"[{section.name}] {field.name}"


def test_the_defaults_shown_are_the_defaults(tmp_path: Path) -> None:
    """Taking the comments away from the optional sections changes nothing."""
    head, mark, tail = EXAMPLE.read_text("utf-8").partition("# [pool]")
    log = tail.index("# [log]")
    path = tmp_path / "agent.toml"
    path.write_text(head + (mark + tail[:log]).replace("\n# ", "\n").removeprefix("# "))

    assert load(path) == load(EXAMPLE)


def test_all_errors_come_at_once(tmp_path: Path) -> None:
    """File, key, what is expected and what was found, for each of them."""
    path = write_settings(
        tmp_path,
        agent={"instance": "No Slug", "colour": "red"},
        sap={"client": "1", "users": [{"user": "lower"}, {"name": "MLC"}]},
        pool={"write_connections": "two"},
        policy={"max_amount": {"EUR": "-1"}},
    )

    errors = errors_of(path)

    keys = sorted(error.split(":")[0] for error in errors)
    assert keys == [
        "agent.colour",
        "agent.instance",
        "policy.max_amount",
        "pool.write_connections",
        "sap.client",
        "sap.users[0].user",
        "sap.users[1].name",
        "sap.users[1].user",
    ]
    assert "known here: instance, environment, state_dir, slot" in next(e for e in errors if "colour" in e)
    assert "found 'No Slug'" in next(e for e in errors if e.startswith("agent.instance"))


def test_missing_sections_and_keys_are_named(tmp_path: Path) -> None:
    """An empty file says what it needs."""
    path = tmp_path / "agent.toml"
    path.write_text("[agent]\npool = 3\n[unheard]\n")

    assert [error.split(";")[0] for error in errors_of(path)] == [
        "unheard: unknown key",
        "agent.pool: unknown key",
        "agent.instance: missing",
        "agent.state_dir: missing",
        "sap: missing",
        "policy: missing",
    ]


@pytest.mark.parametrize("content", [None, "[agent", "\x00", "agent = 1"])
def test_what_is_no_settings_file_is_said_to_be_none(tmp_path: Path, content: str | None) -> None:
    """Missing, broken, or a section that is none."""
    path = tmp_path / "agent.toml"
    if content is not None:
        path.write_text(content)

    assert errors_of(path, MLCONNECTOR_AGENT_AGENT__INSTANCE="x")


def test_the_environment_lies_over_the_file(tmp_path: Path) -> None:
    """Numbers, flags, texts that look like numbers, and lists as JSON; other variables are left alone."""
    settings = load(
        write_settings(tmp_path),
        MLCONNECTOR_AGENT_POOL__WRITE_CONNECTIONS="4",
        MLCONNECTOR_AGENT_LUW__UPDATE_REQUESTS_READABLE="false",
        MLCONNECTOR_AGENT_SAP__CLIENT="200",
        MLCONNECTOR_AGENT_SAP__SNC_PARTNERNAME="p:CN=ECC",
        MLCONNECTOR_AGENT_SAP__USERS='[{"user": "OTHER"}]',
        MLCONNECTOR_AGENT_POLICY__COMPANY_CODES='["1000", "2000"]',
        MLCONNECTOR_AGENT_LOG__LEVEL="debug",
        MLCONNECTOR_AGENT_CONFIG="/elsewhere",
        PATH="/bin",
    )

    assert settings.pool.write_connections == 4
    assert not settings.luw.update_requests_readable
    assert settings.sap.client == "200"
    assert [user.user for user in settings.sap.users] == ["OTHER"]
    assert settings.executor().company_codes == ("1000", "2000")
    assert settings.log.level == "debug"


def test_errors_of_the_environment_are_errors(tmp_path: Path) -> None:
    """A variable for a key that does not exist, or with a value that does not fit, is named like any other."""
    errors = errors_of(
        write_settings(tmp_path),
        MLCONNECTOR_AGENT_POOL__CONNECTIONS="4",
        MLCONNECTOR_AGENT_POOL__READ_CONNECTIONS="many",
        MLCONNECTOR_AGENT_POLICY__CURRENCIES="[",
    )

    assert sorted(error.split(":")[0] for error in errors) == [
        "policy.currencies",
        "pool.connections",
        "pool.read_connections",
    ]


@pytest.mark.parametrize(
    ("sections", "key"),
    [
        ({"policy": {"function_modules": ["BAPI_PRICES_CONDITIONS"], "tables": {}}}, "policy.function_modules"),
        ({"policy": {"function_modules": ["BAPI_ACC_DOCUMENT_POST"]}}, "policy.tables"),
        ({"policy": {"currencies": ["EUR", "USD"]}}, "policy.max_amount"),
        ({"policy": {"reversal_reasons": ["01"]}}, "policy.reversal_reasons"),
        ({"policy": {"change_fields": ["MANSP"]}}, "policy.change_fields"),
        ({"policy": {"change_fields": ["WRBTR"]}}, "policy.change_fields"),
        ({"policy": {"function_modules": ["RFC_SAVE_TEXT", "RFC_READ_TABLE"]}}, "policy.text_ids"),
        ({"policy": {"function_modules": ["BAPI_ACC_DOCUMENT_REV_POST", "RFC_READ_TABLE"]}}, "policy.reversal_reasons"),
        ({"policy": {"transfer_types": ["SA"]}}, "policy.transfer_types"),
        ({"policy": {"max_amount": {"EUR": "1", "USD": "1"}}}, "policy.max_amount"),
        ({"policy": {"accounts": ["899999-800000"]}}, "policy.accounts"),
        ({"sap": {"mshost": "both"}}, "sap"),
        ({"sap": {"ashost": ""}}, "sap"),
        ({"sap": {"sysnr": ""}}, "sap.sysnr"),
        ({"sap": {"users": []}}, "sap.users"),
        ({"sap": {"users": [{"user": "MLC_RFC"}]}}, "sap.users[0].password_file"),
    ],
)
def test_contradictions_are_found(tmp_path: Path, sections: dict[str, Any], key: str) -> None:
    """What fits key by key may still not fit together."""
    errors = errors_of(write_settings(tmp_path, **sections))

    assert [error.split(":")[0] for error in errors] == [key]


def test_production_refuses_failpoints_and_open_account_ranges(tmp_path: Path) -> None:
    """What helps tests is refused where documents count."""
    path = write_settings(tmp_path, agent={"environment": "production"})
    text = path.read_text().replace('accounts = ["800000-899999"]', "")
    path.write_text(text)

    errors = errors_of(path, MLCONNECTOR_AGENT_FAILPOINT="after_post")

    assert [error.split(":")[0] for error in errors] == ["agent.environment", "policy.accounts"]
    path.write_text(text.replace("production", "test"))
    assert load(path, MLCONNECTOR_AGENT_FAILPOINT="after_post").permissions().accounts is None


def test_paths_start_from_the_files_folder(tmp_path: Path) -> None:
    """The same file works from any working directory."""
    settings = load(write_settings(tmp_path))

    assert settings.agent.state_dir == tmp_path / "state"


def test_the_pool_gets_its_passwords_from_files(tmp_path: Path) -> None:
    """Read once, without the line's end; the value never shows in a representation."""
    path = write_settings(tmp_path)
    (tmp_path / "sap-password").write_text("geheim\n")

    rfc = load(path).rfc()

    assert [(user.user, user.password) for user in rfc.users] == [("MLC_RFC", "geheim")]
    assert "geheim" not in repr(rfc)
    assert rfc.destination == {"ashost": "127.0.0.1", "sysnr": "00"}


def test_unreadable_and_empty_passwords_are_named(tmp_path: Path) -> None:
    """All of them, before anybody logs on."""
    path = write_settings(
        tmp_path,
        sap={"users": [{"user": "A", "password_file": "missing"}, {"user": "B", "password_file": "empty"}]},
    )
    (tmp_path / "empty").write_text("\n")

    with pytest.raises(SettingsInvalid) as raised:
        load(path).rfc()

    assert [error.split(":")[0] for error in raised.value.errors] == [
        "sap.users[0].password_file",
        "sap.users[1].password_file",
    ]


def test_snc_logs_on_without_a_password(tmp_path: Path) -> None:
    """The best answer to where passwords are kept."""
    rfc = load(
        write_settings(
            tmp_path,
            sap={"users": [{"user": "MLC_RFC"}], "snc_partnername": "p:CN=ECC", "snc_lib": "/lib/sapcrypto.so"},
        )
    ).rfc()

    assert rfc.destination["snc_mode"] == "1"
    assert rfc.destination["snc_lib"] == "/lib/sapcrypto.so"
    assert rfc.users[0].password == ""

"""All settings of one agent, and the values that gate, pool and executor are built from."""

from decimal import Decimal

import msgspec

from ..luw.settings import LuwSettings
from ..policy.limits import AccountRange, Policy, TableLimits
from ..rfc.settings import RfcSettings, RfcUser
from .errors import SettingsInvalid
from .sections import General, Health, Log, Luw, PolicyLimits, Pool, Sap, SapUser, Section

__all__ = ["Settings", "account_range"]


class Settings(Section, frozen=True, kw_only=True):
    """All settings of one agent, read once at start."""

    agent: General
    sap: Sap
    policy: PolicyLimits
    pool: Pool = Pool()
    luw: Luw = Luw()
    log: Log = Log()
    health: Health = Health()

    @property
    def is_production(self) -> bool:
        """Tell whether test helps are refused."""
        return self.agent.environment == "production"

    def permissions(self) -> Policy:
        """Return the policy the gate applies."""
        limits = self.policy
        return Policy(
            function_modules=frozenset(limits.function_modules),
            company_codes=frozenset(limits.company_codes),
            document_types=frozenset(limits.document_types),
            max_amount={code: Decimal(limits.max_amount[code]) for code in limits.currencies},
            store_codes=frozenset(limits.store_codes),
            accounts=None if limits.accounts is None else tuple(account_range(text) for text in limits.accounts),
            days_back=limits.posting_days_back,
            days_ahead=limits.posting_days_ahead,
            tables={name: TableLimits(frozenset(fields), limits.max_rows) for name, fields in limits.tables.items()},
            reversal_reasons=frozenset(limits.reversal_reasons),
            change_fields=frozenset(limits.change_fields),
            text_ids=frozenset(limits.text_ids),
            transfer_types=frozenset(limits.transfer_types),
        )

    def rfc(self) -> RfcSettings:
        """Return the RFC pool's settings, with the passwords read from their files.

        Raises:
            SettingsInvalid: a password file cannot be read or is empty.
        """
        sap = self.sap
        return RfcSettings(
            destination=_destination(sap),
            client=sap.client,
            sysid=sap.sysid,
            users=_users(sap.users),
            state_dir=self.agent.state_dir,
            lang=sap.lang,
            sdk_home=sap.sdk_home,
            **msgspec.structs.asdict(self.pool),
        )

    def executor(self) -> LuwSettings:
        """Return the executor's settings."""
        codes = tuple(sorted(self.policy.company_codes))
        return LuwSettings(instance=self.agent.instance, company_codes=codes, **msgspec.structs.asdict(self.luw))


def account_range(text: str) -> AccountRange:
    """Read `low-high` or one account, padded to the ten digits SAP stores."""
    low, _, high = text.partition("-")
    return AccountRange(low.rjust(10, "0"), (high or low).rjust(10, "0"))


def _destination(sap: Sap) -> dict[str, str]:
    names = ("ashost", "sysnr", "mshost", "msserv", "r3name", "group", "saprouter",
             "snc_partnername", "snc_myname", "snc_qop", "snc_lib")  # fmt: skip
    found = {name: str(getattr(sap, name)) for name in names if getattr(sap, name)}
    return {**found, "snc_mode": "1"} if sap.snc_partnername else found


def _users(users: list[SapUser]) -> tuple[RfcUser, ...]:
    errors: list[str] = []
    found: list[RfcUser] = []
    for number, user in enumerate(users):
        password = ""
        if user.password_file is not None:
            try:
                password = user.password_file.read_text("utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "no text in UTF-8"
                errors.append(f"sap.users[{number}].password_file: {user.password_file}: {why}")
                continue
            if not password:
                errors.append(f"sap.users[{number}].password_file: {user.password_file} is empty")
        found.append(RfcUser(user.user, password))
    if errors:
        raise SettingsInvalid("password files", tuple(errors))
    return tuple(found)

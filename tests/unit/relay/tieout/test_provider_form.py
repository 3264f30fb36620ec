"""A description of a provider's file is read whole, or refused with every error."""

import re
import tomllib
from pathlib import Path

import pytest
from mlconnector_relay.tieout.provider_file import read_settlement
from mlconnector_relay.tieout.provider_form import Columns, FormInvalid, ProviderForm, read_form

EXAMPLE = Path(__file__).parents[4] / "deploy/relay/stripe.example.toml"

GOOD = """
gateways = ["stripe"]
timezone = "Europe/Berlin"

[columns]
id = "charge_id"
kind = "reporting_category"
amount = "gross"
currency = "currency"
date = "created"
fee = "fee"

[kinds]
payment = ["charge", "T00*"]
refund = ["refund"]
dispute = ["T00DIS*"]
ignored = ["*"]
"""


def test_a_description_says_which_column_says_what() -> None:
    """What it leaves out has its usual meaning."""
    form = read_form(GOOD, "stripe.toml")

    assert form.columns.named == ("charge_id", "reporting_category", "gross", "currency", "created", "fee")
    assert (form.decimal, form.amounts, form.separator, form.settles_in_days) == (".", "major", "", 7)
    kinds = {text: form.kind_of(text) for text in ("charge", "T0006", "T00DISPUTE", "refund", "payout")}
    assert kinds == {
        "charge": "payment",
        "T0006": "payment",
        "T00DISPUTE": "dispute",
        "refund": "refund",
        "payout": "ignored",
    }
    assert read_form(GOOD.replace('"*"', '"payout"'), "x").kind_of("topup") is None


def test_every_error_is_told_at_once_with_its_line() -> None:
    """And what is no TOML at all."""
    text = GOOD.replace('"stripe"', "").replace("Berlin", "Hamburg").replace('fee = "fee"', 'fees = "fee"')
    with pytest.raises(FormInvalid) as caught:
        read_form(text.replace("ignored", "payouts"), "stripe.toml")

    said = "\n".join(caught.value.errors)
    assert len(caught.value.errors) == 4
    assert "gateways, line 2" in said
    assert "timezone, line 3: Value error, 'Europe/Hamburg' is no time zone of the IANA list" in said
    assert "columns.fees, line 11: Extra inputs are not permitted" in said
    assert "kinds.payouts" in said
    for hostile in ("a = " + "[" * 20_000, "a = " + "9" * 5_000):
        with pytest.raises(FormInvalid, match="no TOML"):
            read_form(hostile, "stripe.toml")
    with pytest.raises(FormInvalid, match="no TOML"):
        read_form("gateways = [", "stripe.toml")


def test_a_direction_needs_the_word_for_debit() -> None:
    """Else every amount would be a credit."""
    text = GOOD.replace('fee = "fee"', 'direction = "Transaction Debit or Credit"')
    with pytest.raises(FormInvalid, match="direction needs debits"):
        read_form(text, "paypal.toml")
    assert read_form('debits = ["DR"]\n' + text, "paypal.toml").columns.direction


def test_the_example_works_and_shows_every_key() -> None:
    """What people copy is valid, its values behind # are the defaults, and a file as it is exported is read by it."""
    text = EXAMPLE.read_text("utf-8")
    form = read_form(text, str(EXAMPLE))

    for model in (Columns, ProviderForm):
        for name, field in model.model_fields.items():
            shown = re.search(rf"^(# )?(\[?){name}(\]| = (?P<value>\S+))", text, re.MULTILINE)
            assert shown, name
            if shown[1] and shown["value"]:
                default = field.default
                assert tomllib.loads(f"value = {shown['value']}")["value"] == (
                    list(default) if default == () else default
                )
    export = (
        "balance_transaction_id,created_utc,currency,gross,fee,reporting_category,charge_id\n"
        "txn_1,2026-03-10 12:00:00,eur,119.00,3.50,charge,ch_1\n"
        "txn_2,2026-03-11 08:00:00,eur,-19.00,0.00,refund,ch_1\n"
        "txn_3,2026-03-12 08:00:00,eur,-96.50,0.00,payout,\n"
    )
    rows = read_settlement(export, "march.csv", form)
    assert [(row.kind, row.id, row.amount, row.fee) for row in rows] == [
        ("payment", "ch_1", 11900, 350),
        ("refund", "ch_1", -1900, 0),
    ]

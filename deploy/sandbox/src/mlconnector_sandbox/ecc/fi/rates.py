"""Exchange rates: TCURR, rate type M."""

from decimal import Decimal

from .posting import Posting

__all__ = ["check_rate", "rate"]

_RATE_TYPE = "M"
_SCALE = Decimal("0.00001")  # UKURS has five decimals


def check_rate(posting: Posting) -> None:
    """Check that the document currency can be converted to the company code's, at one rate."""
    if len({a.rate for a in posting.amounts if a.rate}) > 1:
        posting.fail("F5", "701", posting.currency)
    if posting.currency and rate(posting) is None:
        local = str(posting.organisation["WAERS"])
        date = posting.posting_date
        posting.fail("SG", "105", posting.currency, local, _RATE_TYPE, f"{date[6:]}.{date[4:6]}.{date[:4]}")


def rate(posting: Posting) -> Decimal | None:
    """Give the company code's currency for one unit of the document currency; None if no rate is maintained."""
    local = str(posting.organisation["WAERS"])
    if posting.currency == local:
        return Decimal(1)
    given = next((a.rate for a in posting.amounts if a.rate), None)
    if given is not None:
        return given
    translation = str(posting.header["TRANS_DATE"])
    date = translation if translation.strip("0") else posting.posting_date
    inverted = str(99999999 - int(date))
    rows = posting.master.select("TCURR", posting.client, _RATE_TYPE, posting.currency, local)
    valid = sorted((row for row in rows if row["GDATU"] >= inverted), key=lambda row: row["GDATU"])
    if not valid:
        return None
    return Decimal(valid[0]["UKURS"]) * _SCALE * int(valid[0]["TFACT"]) / int(valid[0]["FFACT"])

"""How a payment provider's settlement file is to be read: which column says what, as a TOML file says; pure."""

import tomllib
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.words import how_many
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..sap.toml_lines import line_of, spell_path

__all__ = ["Columns", "FormInvalid", "Kind", "ProviderForm", "read_form"]

Kind = Literal["payment", "refund", "dispute", "fee", "ignored"]
"""What a row of a provider's file is."""

EVERY: Final = "*"
"""At the end of a type: whatever begins like it."""


class FormInvalid(ConnectorError):
    """A description of a provider's file does not fit; carries every error at once."""

    def __init__(self, source: str, errors: Sequence[str]) -> None:
        super().__init__(f"{source}: {how_many(len(errors), 'error')}\n" + "\n".join(f"  {error}" for error in errors))
        self.errors = tuple(errors)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r:.60} is no time zone of the IANA list, such as Europe/Berlin") from error
    return name


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Columns(_Section):
    """The headings of the columns that count; all others are left alone."""

    id: str = Field(min_length=1, description="the provider's id of the transaction, as the store keeps it")
    kind: str = Field(min_length=1, description="what the row is; see [kinds]")
    amount: str = Field(min_length=1, description="what the shopper paid, or was paid back")
    currency: str = Field(min_length=1, description="of the amount, ISO 4217")
    date: str = Field(min_length=1, description="when it was settled")
    fee: str = Field("", description="what the provider kept of it, in the currency it pays out")
    original: str = Field("", description="of a refund or dispute: the id of the payment it is about")
    payout_currency: str = Field("", description="in which the provider pays out, where that may be another")
    direction: str = Field("", description="whether the amount is a debit, where amounts have no sign")
    fee_direction: str = Field("", description="likewise of the fee: a debit is what the provider kept")
    row: str = Field("", description="an id of the row that no other row has; to find what was exported twice")

    @property
    def named(self) -> tuple[str, ...]:
        """Return the headings that must be there."""
        return tuple(dict.fromkeys(one for one in self.model_dump().values() if one))


class ProviderForm(_Section):
    """A description of one provider's file."""

    gateways: tuple[str, ...] = Field(min_length=1, description="as the store's transactions name them, in any case")
    columns: Columns
    kinds: Mapping[Kind, tuple[str, ...]] = Field(description='what stands in the kind column; "T00*" is all like it')
    only: Mapping[str, tuple[str, ...]] = Field(
        default_factory=dict, description="rows that count, by column: files with rows of several forms have others"
    )
    separator: Literal["", ",", ";", "tab"] = Field("", description="the one that the headings have where left out")
    decimal: Literal[".", ","] = Field(
        ".", description="what stands before cents; the other may stand between thousands"
    )
    amounts: Literal["major", "minor"] = Field("major", description="whether 100.00 is written so, or as 10000")
    debits: tuple[str, ...] = Field((), description="of direction and fee_direction: what says debit")
    date_format: str = Field("", description="ISO 8601 where left out, else as in %d.%m.%Y %H:%M")
    timezone: Annotated[str, AfterValidator(_zone)] = Field("UTC", description="of dates that name none")
    settles_in_days: int = Field(
        7, ge=0, le=60, description="payments of the last days that may be in the provider's next file"
    )

    @model_validator(mode="after")
    def _directions_have_debits(self) -> "ProviderForm":
        if (self.columns.direction or self.columns.fee_direction) and not self.debits:
            raise ValueError('direction needs debits, such as ["DR"]')
        return self

    def kind_of(self, text: str) -> Kind | None:
        """Return what a row is by its kind column; `None` where [kinds] does not say."""
        found: dict[int, Kind] = {}
        for kind, texts in self.kinds.items():
            for one in texts:
                if one == text:
                    return kind
                if one.endswith(EVERY) and text.startswith(one[:-1]):
                    found[len(one)] = kind
        # The longest beginning says most.
        return found[max(found)] if found else None


def read_form(text: str, source: str) -> ProviderForm:
    """Read a description.

    Raises:
        FormInvalid: with every error.
    """
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # integers of thousands of digits and values too deep, too
        raise FormInvalid(source, [f"no TOML: {error}"]) from error
    try:
        return ProviderForm.model_validate(data)
    except ValidationError as error:
        errors = []
        for one in error.errors():
            line = line_of(text, one["loc"])
            place = spell_path(one["loc"]) + (f", line {line}" if line else "")
            errors.append(f"{place}: {one['msg']}")
        raise FormInvalid(source, errors) from error

"""What the sections of a mapping file have in common: they take no other keys, and SAP's keys have one form."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Account", "Country", "Key4", "ProductType", "Section", "TaxCode"]

Key4 = Annotated[str, Field(pattern=r"^[A-Z0-9]{4}$")]
TaxCode = Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$")]
Account = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,10}$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
ProductType = Literal["physical", "digital", "custom"]


class Section(BaseModel):
    """A part of a mapping file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

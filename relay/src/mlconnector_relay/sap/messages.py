"""What SAP's messages mean for an order: cause, who takes the next step, what to do, and whether to try again.

The catalogue ships with the relay (`messages.toml`, built from the documented behaviour of BAPI_ACC_DOCUMENT_POST); a
tenant's own entries lie over it. A message nobody described parks, grouped with all others of its class and number.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from mlconnector_shared.bapi import GENERIC_ERROR, Message
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.words import how_many
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .toml_lines import line_of, spell_path

__all__ = [
    "Area",
    "Meaning",
    "MessageCatalogue",
    "MessageEntry",
    "MessagesInvalid",
    "built_in",
    "read_messages",
    "telling",
]

Area = Literal["mapping", "master_data", "period", "basis", "transient", "defect"]
"""Where the cause lies."""

PersonInCharge = Literal["finance", "basis", "relay"]

OWNERS: Final[Mapping[Area, PersonInCharge]] = {
    "mapping": "finance",
    "master_data": "finance",
    "period": "finance",
    "basis": "basis",
    "transient": "basis",
    "defect": "relay",
}
"""Who takes the next step, where an entry does not say otherwise."""

MOST_CAUSES: Final = 5
"""Messages of one answer that become causes; more of them repeat each other."""

Code = Annotated[str, Field(pattern=r"^[A-Z0-9&/_]{1,20} [0-9]{3}$")]

VARIABLES: Final = ("v1", "v2", "v3", "v4")


class MessagesInvalid(ConnectorError):
    """A file of messages does not fit; carries every error at once."""

    def __init__(self, source: str, errors: tuple[str, ...]) -> None:
        super().__init__(f"{source}: {how_many(len(errors), 'error')}\n" + "\n".join(f"  {error}" for error in errors))
        self.errors = errors


class MessageEntry(BaseModel):
    """Messages of one meaning, as the catalogue knows them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    codes: tuple[Code, ...] = Field(min_length=1, description="class and number of one or several messages: F5 201")
    cause: Annotated[str, Field(pattern=r"^[a-z][a-z_]{2,39}$", description="stable word for the cause")]
    area: Area
    remedy: Annotated[str, Field(min_length=10, max_length=300, description="what to do, one or two sentences")]
    owner: PersonInCharge | None = Field(None, description="who takes the next step; by the area where left out")
    then: Literal["park", "retry"] = Field("park", description="retry only what passes by itself, such as a lock")
    tries: int = Field(3, ge=1, le=20, description="attempts before a retried message parks after all")
    variables: tuple[Annotated[str, Field(pattern=r"^[a-z_]{0,30}$")], ...] = Field(
        (),
        max_length=4,
        description='names of V1 to V4 that tell causes apart, "" for those that do not; never a person\'s name',
    )

    @property
    def next_step_by(self) -> PersonInCharge:
        """Return who takes the next step."""
        return self.owner or OWNERS[self.area]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    messages: tuple[MessageEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one message of an answer means.

    Attributes:
        key: stable; orders that wait for the same thing share it.
        sentence: SAP's words, and what to do.
        entry: the catalogue's, `None` for a message nobody described.
    """

    key: str
    sentence: str
    owner: PersonInCharge
    entry: MessageEntry | None


@dataclass(frozen=True, slots=True)
class MessageCatalogue:
    """The messages that are known, by class and number.

    Attributes:
        own: those of them that a tenant added or changed.
    """

    entries: Mapping[str, MessageEntry]
    own: frozenset[str] = frozenset()

    def over(self, others: Sequence[MessageEntry]) -> "MessageCatalogue":
        """Return this catalogue with a tenant's own entries laid over it."""
        added = _by_code(others)
        return MessageCatalogue({**self.entries, **added}, frozenset(added))

    def causes(self, messages: Iterable[Message]) -> tuple[Meaning, ...]:
        """Return what an answer's errors mean, each once; without RW 609, which only says that there are some."""
        found: dict[str, Meaning] = {}
        for message in telling(messages):
            meaning = self._meaning(message)
            found.setdefault(meaning.key, meaning)
        return tuple(found.values())[:MOST_CAUSES]

    def tries(self, meanings: Sequence[Meaning]) -> int:
        """Return how often to try what these mean, 1 where any of them does not pass by itself."""
        entries = [meaning.entry for meaning in meanings]
        return min((entry.tries if entry and entry.then == "retry" else 1 for entry in entries), default=1)

    def _meaning(self, message: Message) -> Meaning:
        entry = self.entries.get(message.code)
        said = f"SAP said no: {message.code} {message.text}".strip()
        if entry is None:
            sentence = f"{said}; nobody has described this message yet, add it to the tenant's messages file"
            return Meaning(f"sap:{message.code}", sentence, "finance", None)
        facts = {
            name: getattr(message, variable)
            for name, variable in zip(entry.variables, VARIABLES, strict=False)
            if name and getattr(message, variable)
        }
        key = f"sap:{message.code}" + "".join(f",{name}={quote(value, safe=' ')}" for name, value in facts.items())
        return Meaning(key, f"{said}. {entry.remedy}", entry.next_step_by, entry)


def telling(messages: Iterable[Message]) -> list[Message]:
    """Return an answer's errors, without the one that only says that there are some where others say which."""
    errors = [message for message in messages if message.is_error]
    return [message for message in errors if (message.id, message.number) != GENERIC_ERROR] or errors


@cache
def built_in() -> MessageCatalogue:
    """Return the catalogue that ships with the relay."""
    source = "messages.toml"
    entries = read_messages((files(__package__) / source).read_text("utf-8"), source)
    return MessageCatalogue(_by_code(entries))


def read_messages(text: str, source_name: str) -> tuple[MessageEntry, ...]:
    """Read and check a file of messages.

    Raises:
        MessagesInvalid: with every error found, each with line or key and what is expected.
    """
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # integers of thousands of digits and values too deep, too
        raise MessagesInvalid(source_name, (f"{source_name}: no TOML: {error}",)) from error
    try:
        entries = _File.model_validate(data).messages
    except ValidationError as error:
        errors = tuple(_sentence(text, dict(item)) for item in error.errors(include_url=False))
        raise MessagesInvalid(source_name, errors) from error
    places: dict[str, int] = {}
    twice = [
        f"messages[{place}].codes: {code} stands under messages[{places[code]}] too"
        for place, entry in enumerate(entries)
        for code in entry.codes
        if places.setdefault(code, place) != place
    ]
    if twice:
        raise MessagesInvalid(source_name, tuple(twice))
    return entries


def _by_code(entries: Iterable[MessageEntry]) -> dict[str, MessageEntry]:
    return {code: entry for entry in entries for code in entry.codes}


def _sentence(text: str, item: dict[str, Any]) -> str:
    line = line_of(text, item["loc"])
    found = "" if item["type"] == "missing" else f", found {item['input']!r:.80}"
    return f"{f'line {line}, ' if line else ''}{spell_path(item['loc'])}: {item['msg']}{found}"

"""What agents say in words, made fit for records, logs and terminals; pure.

PostgreSQL keeps no NUL, and a record that cannot be kept would be tried for ever while its agent repeats it. SAP's
texts may hold any character; the sealed bytes are kept as they came.
"""

from typing import Final, TypeVar

import msgspec
from mlconnector_shared.envelope import Receipt, ResultEnvelope

__all__ = ["MOST_CHARACTERS", "tidied"]

MOST_CHARACTERS: Final = 2000
"""Of one text; a sentence for a person has some two hundred."""

S = TypeVar("S", bound=msgspec.Struct)
Told = TypeVar("Told", Receipt, ResultEnvelope)


def tidied(told: Told) -> Told:
    """Return it with every text on one line, without characters that do not print, and of limited length."""
    plain = _plain(told)
    if isinstance(plain, ResultEnvelope):
        messages = tuple(map(_plain, plain.messages))
        steps = (msgspec.structs.replace(step, messages=tuple(map(_plain, step.messages))) for step in plain.steps)
        return msgspec.structs.replace(plain, messages=messages, steps=tuple(map(_plain, steps)))
    return plain


def _plain(struct: S) -> S:
    texts = {name: text for name in struct.__struct_fields__ if isinstance(text := getattr(struct, name), str)}
    changes = {name: line for name, text in texts.items() if (line := _line(text)) != text}
    return msgspec.structs.replace(struct, **changes) if changes else struct


def _line(text: str) -> str:
    if text.isprintable() and len(text) <= MOST_CHARACTERS:
        return text
    plain = "".join(character if character.isprintable() else " " for character in text[:MOST_CHARACTERS])
    # SAP's library lays its errors out in columns and lines.
    return " ".join(plain.split())

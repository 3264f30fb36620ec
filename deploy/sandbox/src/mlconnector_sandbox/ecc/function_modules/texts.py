"""RFC_SAVE_TEXT."""

from collections.abc import Callable, Mapping

from ..call import Call
from ..errors import message
from ..texts import TextKey, UnknownTextIdError

__all__ = ["MODULES"]


def _save(call: Call) -> None:
    """Save the texts whose lines the caller sends, at once: no COMMIT belongs to it, and no ROLLBACK takes it back."""
    user = call.session.user
    texts: dict[TextKey, list[tuple[str, str]]] = {}
    for row in call.table("TEXT_LINES"):
        language = row["TDSPRAS"] or call.session.language
        key = (user.client, row["TDOBJECT"], row["TDNAME"], row["TDID"], language)
        texts.setdefault(key, []).append((row["TDFORMAT"], row["TDLINE"]))
    for key, lines in texts.items():
        try:
            call.system.texts.save(key, lines, user.name)
        except UnknownTextIdError as error:
            text = f"Text ID {key[3]} is not defined for text object {key[1]}"
            raise message("TD", "E", "602", text, key[3], key[1]) from error  # ?


MODULES: Mapping[str, Callable[[Call], None]] = {"RFC_SAVE_TEXT": _save}

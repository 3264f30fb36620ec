"""What is wrong with the settings, all of it at once."""

from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.words import how_many

__all__ = ["SettingsInvalid"]


class SettingsInvalid(ConnectorError):
    """The settings do not fit; carries every error at once."""

    def __init__(self, source: str, errors: tuple[str, ...]) -> None:
        super().__init__(f"{source}: {how_many(len(errors), 'error')}\n" + "\n".join(f"  {error}" for error in errors))
        self.errors = errors

"""What is wrong with the settings, all of it at once."""

from mlconnector_shared.errors import ConnectorError

__all__ = ["SettingsInvalid"]


class SettingsInvalid(ConnectorError):
    """The settings do not fit; carries every error at once."""

    def __init__(self, source: str, errors: tuple[str, ...]) -> None:
        super().__init__(f"{source}: {len(errors)} error(s)\n" + "\n".join(f"  {error}" for error in errors))
        self.errors = errors

"""`mlconnector-relay`, also as `python -m mlconnector_relay`."""

from .cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    main()

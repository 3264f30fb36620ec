"""`mlconnector-sandbox`, also as `python -m mlconnector_sandbox`."""

from .cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()

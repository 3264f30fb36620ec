"""Mapping files on the command line."""

from pathlib import Path

import click

from ..sap.mapping import Mapping, load_mapping

__all__ = ["FILE", "read_mapping"]

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


def read_mapping(file: Path) -> tuple[Mapping, str]:
    """Read and check a mapping file; return it with its text.

    Raises:
        MappingInvalid: with every error.
    """
    text = file.read_text("utf-8")
    return load_mapping(text, str(file)), text

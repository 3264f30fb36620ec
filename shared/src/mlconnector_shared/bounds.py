"""How large single values may be that travel: what is beyond is refused where it is decoded.

A counter beyond 63 bits cannot be kept, and a name goes into keys, logs and metrics: neither may be as large as a
message allows, since one peer's values are handled beside everybody's.
"""

from typing import Annotated

import msgspec

__all__ = ["Count", "Identifier", "Name", "Rule", "Slot"]

Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A position, counter or token."""

Slot = Annotated[int, msgspec.Meta(ge=0, le=7)]
"""Which of its connections an agent speaks on."""

Name = Annotated[str, msgspec.Meta(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
"""A short name or version: no control characters; may be empty."""

Identifier = Annotated[str, msgspec.Meta(max_length=250, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
"""An id of an envelope or a posting; empty where there is none."""

Rule = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z_.]{0,39}\Z")]
"""The stable name of a rule of the gate."""

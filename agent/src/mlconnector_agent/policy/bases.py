"""Limits on the document a step builds on: it is only read, unless it is reversed or changed itself."""

import re
from typing import Final

from mlconnector_shared.envelope import Base

from .documents import judge_reference
from .limits import Denial, Policy

__all__ = ["judge_base", "judge_touched"]

_OBJECT_KEY: Final = re.compile(r"[A-Z0-9]{10}([A-Z0-9]{4})[0-9]{4}")
"""Number, company code, fiscal year."""


def judge_base(base: Base, policy: Policy) -> Denial | None:
    """Return why no step may be built on this document, or None; an adopted one carries anybody's reference."""
    key = _OBJECT_KEY.fullmatch(base.object_key)
    if key is None:
        return Denial("base", f"the base's key {base.object_key[:20]!r} is not number, company code and fiscal year")
    if key[1] not in policy.company_codes:
        return Denial("company_code", f"the base's company code {key[1]!r} is not named in the policy")
    return None


def judge_touched(base: Base, policy: Policy) -> Denial | None:
    """Return why this document may be neither reversed nor changed, or None: only our own may."""
    return judge_base(base, policy) or judge_reference("the base's reference", base.reference, policy)

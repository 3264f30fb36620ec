"""Limits on the document a step builds on: which one may be named is limited like one that is posted."""

import re
from typing import Final

from mlconnector_shared.envelope import Base

from .documents import judge_reference
from .limits import Denial, Policy

__all__ = ["judge_base"]

_OBJECT_KEY: Final = re.compile(r"[A-Z0-9]{10}([A-Z0-9]{4})[0-9]{4}")
"""Number, company code, fiscal year."""


def judge_base(base: Base, policy: Policy) -> Denial | None:
    """Return why no step may be built on this document, or None."""
    key = _OBJECT_KEY.fullmatch(base.object_key)
    if key is None:
        return Denial("base", f"the base's key {base.object_key[:20]!r} is not number, company code and fiscal year")
    if key[1] not in policy.company_codes:
        return Denial("company_code", f"the base's company code {key[1]!r} is not named in the policy")
    return judge_reference("the base's reference", base.reference, policy)

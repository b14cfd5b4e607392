"""What may be an id: of 1mg's, of Nimbbl's, of the merchant's. Pure.

Ids stand in addresses, theirs and ours, so none of them may hold what an address gives a meaning to.
"""

from __future__ import annotations

import re
from typing import Final

#: Bound at both ends, for whoever looks for it anywhere in a text.
ID: Final = re.compile(r"^[A-Za-z0-9_-]{1,64}\Z")


def is_id(value: str) -> bool:
    """Whether a text is an id: 1 to 64 letters, digits, `_` or `-`, all of ASCII."""
    return ID.match(value) is not None

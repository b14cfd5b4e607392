"""Places where a test may end the process as a crash would: no clean-up, no answer.

    failpoint("stored")      a delivery is written, nothing of it is applied or committed
    failpoint("applied")     an order is written, not yet committed
    failpoint("kept")        a delivery that could not be applied, or an event of Nimbbl's, is committed, alone
    failpoint("settled")     everything is committed, 1mg has not been told

`PORTAL_FAILPOINT` names the one that ends the process. Unset, as in production, each is one comparison of two
texts; a live portal does not start with it set.
"""

from __future__ import annotations

import os
from typing import Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_CHOSEN: Final = os.environ.get("PORTAL_FAILPOINT", "")

if _CHOSEN and settings.PORTAL_ENVIRONMENT == "live":
    raise ImproperlyConfigured("PORTAL_FAILPOINT is for tests: unset it when PORTAL_ENVIRONMENT is live.")


def failpoint(name: str) -> None:
    """End the process here if this is the chosen place."""
    if name == _CHOSEN:
        os._exit(1)

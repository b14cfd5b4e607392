"""The partners as the environment describes them."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from payments.partners.nimbbl import NimbblClient
from payments.partners.onemg import OneMgClient


def for_onemg() -> OneMgClient | None:
    """The client for 1mg; `None` where 1mg is not configured. Raises `OSError` where the key's file cannot be read."""
    if not settings.ONEMG_CONFIGURED:
        return None
    key = settings.ONEMG_PRIVATE_KEY
    if settings.ONEMG_PRIVATE_KEY_FILE:
        key = (Path(settings.BASE_DIR) / settings.ONEMG_PRIVATE_KEY_FILE).read_text()
    return OneMgClient(
        settings.ONEMG_BASE_URL,
        settings.ONEMG_MERCHANT_ID,
        settings.ONEMG_ACCESS_KEY,
        key,
        settings.ONEMG_BEARER_TOKEN,
        settings.ONEMG_TRACK_ORDER,
    )


def for_nimbbl() -> NimbblClient | None:
    """The client for Nimbbl; `None` where Nimbbl is not configured."""
    if not settings.NIMBBL_CONFIGURED:
        return None
    return NimbblClient(
        settings.NIMBBL_BASE_URL,
        settings.NIMBBL_ACCESS_KEY,
        settings.NIMBBL_ACCESS_SECRET,
        settings.NIMBBL_UPDATE_ORDER,
    )

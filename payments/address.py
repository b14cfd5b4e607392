"""1mg's delivery address and Nimbbl's shipping address: one place, two shapes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from payments.nimbbl_order import ADDRESS

#: Nimbbl's field -> where 1mg has it.
_FROM: Final = {
    "address_1": "street1", "street": "street2", "landmark": "landmark", "area": "locality", "city": "city",
    "state": "state", "pincode": "pincode", "address_type": "address_type",
}  # fmt: skip


def shipping_address(delivery_address: Mapping[str, Any]) -> dict[str, str]:
    """Nimbbl's address from 1mg's; what 1mg does not say is empty."""
    return {name: str(delivery_address.get(_FROM[name]) or "").strip() for name in ADDRESS}

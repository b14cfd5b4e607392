"""Keys that 1mg's page does not name: news for an engineer, reported and never a reason to refuse. Pure."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any, Final

from orders.masking.harmless import ADDRESS
from orders.updates import AMOUNTS

#: The keys that 1mg's page names, by place (`*`: the keys of that place are data); any other is reported as drift.
KEYS: Final[dict[str, AbstractSet[str]]] = {
    "": {"grouped_orders", "prescriptions", "group_order_id", "user", "delivery_address", "merchant_order_id"},
    "user": {"email", "contact_number"},
    "delivery_address": ADDRESS,
    "prescriptions": {"url", "status", "reason"},
    "grouped_orders": {
        "order_id",
        "payment_summary",
        "eta",
        "created",
        "updated",
        "invoice_data",
        "invoice",
        "order_status",
        "shipment_detail",
        "skus",
    },
    "grouped_orders.order_status": {"status_id", "title", "sub_title", "subtitle"},
    "grouped_orders.eta": {"eta_from", "eta_to"},
    "grouped_orders.shipment_detail": {
        "delivery_partner_name",
        "tracking_url",
        "tracking_number",
        "delivery_contact",
        "delivery_contact_name",
    },
    "grouped_orders.payment_summary": AMOUNTS | {"mode", "vas", "additional_charges", "allow_payment_retry"},
    "grouped_orders.payment_summary.vas": {"amount", "display_text", "id"},
    "grouped_orders.skus": {
        "pack_size_label",
        "normalized_quantity",
        "offered_price",
        "prescription_verified",
        "prescription_required",
        "prescription_status",
        "sku_id",
        "sku_type",
        "mrp",
        "name",
    },
    "grouped_orders.invoice": {"shipping", "order"},
    "grouped_orders.invoice_data": {"*"},
    "grouped_orders.invoice_data.*": {"skus", "doctor_name", "patient_name", "invoice_url"},
    "grouped_orders.invoice_data.*.skus": {"mrp", "name", "quantity", "onemg_sku_id"},
}


def note_unknown(place: str, value: Any, found: set[str]) -> None:
    """Add the keys that 1mg's page does not name: news for an engineer."""
    if isinstance(value, list):
        for item in value:
            note_unknown(place, item, found)
    elif isinstance(value, dict):
        if "*" in KEYS[place]:
            for item in value.values():
                note_unknown(f"{place}.*", item, found)
            return
        if unknown := value.keys() - KEYS[place]:
            found.update(f"{place}.{key}"[:80] if place else key[:80] for key in unknown)
        for key, inner in _INNER[place]:
            if key in value:
                note_unknown(inner, value[key], found)


#: The places inside of each place.
_INNER: Final = {
    place: [(inner.rpartition(".")[2], inner) for inner in KEYS if inner and inner.rpartition(".")[0] == place]
    for place in KEYS
}

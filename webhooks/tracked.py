"""1mg's answer to Track Order in the words of its updates. Pure.

    as_update(body) -> bytes      raises `strict_json.BodyProblem` where the bytes are no JSON object

Rests on the samples of 1mg's two pages of Track Order beside that of its order updates. The same things have other
names or spellings there; put into one, `webhooks.onemg` reads both, and what was told before is known again. What the
pages do not show stays as it is: a key that nobody knows is drift here as there.
"""

from __future__ import annotations

import json
from typing import Any, Final

from webhooks import strict_json

#: Keys that the answer has beside those of an update, and that say nothing of an order, by the place they stand in.
_BESIDE: Final = {
    "": {"source"},
    "grouped_orders": {"is_cashless_order", "status_changed"},
    "prescriptions": {"patient_id", "id", "prescription_date"},
}
#: All that is told of a shipment that there is not.
_NO_SHIPMENT: Final = {"delivery_partner_name": None}


def as_update(body: bytes) -> bytes:
    """The document in the answer's envelope, as an update would have it; without that envelope as it came."""
    root = strict_json.parse(body)
    data = root.get("data")
    result = data.get("result") if isinstance(data, dict) else None
    return json.dumps(_document(result)).encode() if isinstance(result, dict) else body


def _document(told: dict[str, Any]) -> dict[str, Any]:
    said = _without(told, "")
    address = said.get("delivery_address")
    if isinstance(address, dict) and address.get("country") == "IN":
        said["delivery_address"] = {**address, "country": "INDIA"}
    for key, reword in (("prescriptions", _paper), ("grouped_orders", _entry)):
        if isinstance(said.get(key), list):
            said[key] = [reword(item) if isinstance(item, dict) else item for item in said[key]]
    return {"result": said}


def _paper(told: dict[str, Any]) -> dict[str, Any]:
    return _without(told, "prescriptions")


def _entry(told: dict[str, Any]) -> dict[str, Any]:
    said = _without(told, "grouped_orders")
    status = said.get("order_status")
    if isinstance(status, dict) and "subtitle" in status and "sub_title" not in status:
        said["order_status"] = {("sub_title" if key == "subtitle" else key): value for key, value in status.items()}
    if said.get("shipment_detail") == _NO_SHIPMENT:
        del said["shipment_detail"]
    if isinstance(said.get("skus"), list):
        said["skus"] = [_sku(sku) if isinstance(sku, dict) else sku for sku in said["skus"]]
    return said


def _sku(told: dict[str, Any]) -> dict[str, Any]:
    kind = told.get("sku_type")
    return {**told, "sku_type": kind.upper()} if isinstance(kind, str) else told


def _without(told: dict[str, Any], place: str) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key not in _BESIDE[place]}

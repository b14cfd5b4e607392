"""A purchase as 1mg describes it: the published document with all its keys and its oddities. Pure.

Wrapped in `result`; `updated` in seconds; unknown times 0; invoice numbers with a leading zero; a courier's contact as
a number; `mrp` a placeholder below the price, or the real one above it; amounts with binary noise; the purchase's money
repeated on each child.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, Final

from onemg_portal.sandbox.day.cast import COURIERS, PHARMACIES, Medicine, Person

#: Code -> `title`, `sub_title`. As in the published bodies, the long sentence stands now in one, now in the other.
_WORDS: Final[dict[int, tuple[str, str]]] = {
    15: ("Order placed", "Your order has reached us"),
    17: ("Payment not confirmed yet", "We wait for your bank"),
    180: ("Pay online to go on", "A payment link has been sent"),
    160: ("Order accepted", "All details are in place"),
    170: ("Order being verified", ""),
    100: ("A valid prescription is needed", ""),
    110: ("A pharmacist reads your prescription", "Prescription check"),
    120: ("Stock is being set aside for you", "In process"),
    20: ("Stock could not be set aside", "In process"),
    131: ("Stock is being brought together", "In process"),
    132: ("The vendor packs your order", "In process"),
    130: ("{pharmacy} is working on your order", "Order in process"),
    25: ("{pharmacy} has packed your order, it leaves soon", "Packed"),
    30: ("On the way to you", "Dispatched"),
    45: ("Nobody could take the parcel, we try again", "Another attempt"),
    40: ("Your order has arrived", "Delivered"),
    140: ("Return asked for", "A pickup will be arranged and the money paid back"),
    141: ("Return being picked up", "The money follows once the parcel is back"),
    142: ("Returned", "The money has been paid back"),
    95: ("Cancellation asked for", "In process"),
    99: ("Cancelled", "The order will not be delivered"),
    155: ("Quality check at the hub", "On hold"),  # in no table of 1mg's
}

MINUTE: Final = 60


@dataclass(slots=True)
class Line:
    """One medicine of a child order and how many of it."""

    medicine: Medicine
    quantity: int


@dataclass(slots=True)
class Child:
    """One grouped order: what 1mg currently says about it. Times are epoch seconds.

    `promised`: so many minutes after it was made it is to be there. `mrp_told`: 1mg prints the real MRP. `differs` is
    what it says here of the purchase's money otherwise than on the other children, `garbled` what it says in place of
    the promise.
    """

    order_id: str
    lines: list[Line]
    created: int
    updated: int
    status_id: int
    courier: str
    pharmacy: str
    prescription_status: str = "Ready for processing"
    packed: bool = False
    dispatched: bool = False
    stuck: bool = False
    promised: int = 360
    mrp_told: bool = False
    differs: dict[str, Any] = field(default_factory=dict)
    garbled: str = ""

    def as_told(self, payment: dict[str, Any], patient: str) -> dict[str, Any]:
        """The entry of `grouped_orders`."""
        title, sub_title = _WORDS[self.status_id]
        return {
            "created": self.created,
            "eta": self.garbled or self._eta(),
            "invoice": self._invoice(),
            "invoice_data": self._invoice_data(patient) if self.packed else {},
            "order_id": self.order_id,
            "order_status": {
                "status_id": self.status_id,
                "sub_title": sub_title,
                "title": title.format(pharmacy=self.pharmacy),
            },
            "payment_summary": payment | self.differs,
            "shipment_detail": self._shipment(),
            "skus": [_sku(line, self) for line in self.lines],
            "updated": self.updated,
        }

    @property
    def _invoice_number(self) -> str:
        return "01" + self.order_id[-8:]

    def _eta(self) -> dict[str, int]:
        """Nothing while stuck, a window before packing, afterwards only its end."""
        if self.stuck:
            return {}
        end = self.created + self.promised * MINUTE
        return {"eta_from": 0 if self.packed else end - 120 * MINUTE, "eta_to": end}

    def _invoice(self) -> dict[str, str | None]:
        if self.stuck:
            return {}
        url = f"https://papers.example.org/{self._invoice_number}"
        label = f"{url}/label.pdf" if self.dispatched else None
        return {"shipping": label, "order": f"{url}.pdf" if self.packed else None}

    def _invoice_data(self, patient: str) -> dict[str, Any]:
        skus = [
            {
                "mrp": line.medicine.mrp,
                "name": line.medicine.name,
                "quantity": line.quantity,
                "onemg_sku_id": line.medicine.sku_id,
            }
            for line in self.lines
        ]
        number = self._invoice_number
        return {
            number: {
                "skus": skus,
                "doctor_name": "Dr Vaidya Namuna",
                "patient_name": patient,
                "invoice_url": f"https://papers.example.org/{number}.pdf",
            }
        }

    def _shipment(self) -> dict[str, Any]:
        """All null before packing; in-house and third-party carriers are told with different keys."""
        if self.stuck:
            return {}
        if not self.packed:
            return {"delivery_partner_name": None, "tracking_url": None, "tracking_number": None}
        waybill = self.order_id[2:] + "7"
        if self.courier != "1mg":
            return {
                "delivery_partner_name": self.courier,
                "tracking_number": waybill,
                "tracking_url": f"https://track.example.org/?waybill={waybill}",
            }
        if not self.dispatched:
            return {
                "delivery_partner_name": "1mg",
                "tracking_url": None,
                "tracking_number": waybill,
                "delivery_contact_name": None,
                "delivery_contact": None,
            }
        return {
            "delivery_partner_name": "1mg",
            "delivery_contact": 9_000_009_001,
            "delivery_contact_name": "Vahak Namuna",
        }


def _sku(line: Line, child: Child) -> dict[str, Any]:
    return {
        "mrp": line.medicine.mrp if child.mrp_told else 10,
        "name": line.medicine.name,
        "normalized_quantity": line.quantity,
        "offered_price": line.medicine.price,
        "pack_size_label": line.medicine.pack,
        "prescription_required": False,
        "prescription_status": child.prescription_status,
        "prescription_verified": child.stuck,
        "sku_id": line.medicine.sku_id,
        "sku_type": "OTC",
    }


@dataclass(slots=True)
class Purchase:
    """One purchase: what 1mg says of it as a whole, and its child orders."""

    merchant_order_id: str
    group_order_id: str
    person: Person
    payment: dict[str, Any]
    prescriptions: list[dict[str, str]]
    children: list[Child] = field(default_factory=list)

    def document(self, listed: tuple[int, ...]) -> dict[str, Any]:
        """The body of one update that lists these children, by their place."""
        return {
            "result": {
                "grouped_orders": [self.children[n].as_told({**self.payment}, self.person.name) for n in listed],
                "prescriptions": [dict(paper) for paper in self.prescriptions],
                "group_order_id": self.group_order_id,
                "user": self.person.user,
                "delivery_address": self.person.address,
                "merchant_order_id": self.merchant_order_id,
            }
        }


def payment_summary(mode: str, lines: list[Line], dice: random.Random) -> dict[str, Any]:
    """The money of a purchase, before anything is paid."""
    worth = sum(line.medicine.mrp * line.quantity for line in lines)
    price = sum(line.medicine.price * line.quantity for line in lines)
    coupon, shipping = dice.choice((0, 0, 36.71)) if price > 150 else 0, dice.choice((0, 25, 7.17))
    fees = [{"amount": 40, "display_text": "Rapid Delivery Fee", "id": f"{dice.getrandbits(96):024x}"}]
    return {
        "additional_charges": [],
        "allow_payment_retry": False,
        "amount_payable": 0,
        "amount_collected": 0,
        "cart_mrp": worth,
        "cashback_earned": 0,
        "cashback_refund_due": 0,
        "coupon_discount": coupon,
        "current_mrp": worth,
        "discounted_mrp": price,
        "mode": mode,
        "online_collected": 0,
        "online_pending_amount": 0,
        "online_refund_due": 0,
        "online_refund_initiated": 0,
        "order_mrp": price - coupon + shipping,
        "shipping_charges": shipping,
        "total_refund_due": 0,
        "total_refunded_amount": 0,
        "vas": dice.choice(([], fees)),
    }


def child(order_id: str, lines: list[Line], created: int, dice: random.Random) -> Child:
    """A grouped order that has just been placed."""
    courier = dice.choice(("1mg", *COURIERS))
    told = dice.random() < 0.5
    return Child(order_id, lines, created, created, 15, courier, dice.choice(PHARMACIES), mrp_told=told)

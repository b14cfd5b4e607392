"""What one update says, in our words: the frozen values that the front door fills and the fold reads.

Pure: no ORM, no I/O. A *part* is a piece of an order that 1mg says as a whole (its status, its ETA, its SKUs). An
update may leave parts out; a part it leaves out says nothing, so what we knew stays. A field of a part has the name
of the column that keeps it, so a new field is one line here, one where 1mg's body is read (`webhooks/parts.py`) and
one in `orders/models/orders.py`.

Times are aware UTC datetimes, money is `Decimal` rupees with two places, identifiers are opaque text; `None` means
that 1mg did not say, or said something unreadable (a flag then tells which).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Final

from orders import money
from orders.lines import InvoiceLine, SkuLine
from orders.words import normal


class Part:
    """A piece of an order that is said as a whole. `name` is its key in `heard`."""

    __slots__: ClassVar[tuple[str, ...]] = ()
    name: ClassVar[str]

    def columns(self) -> dict[str, Any]:
        """Column name -> value, for the parts that live on one row."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Progress(Part):
    """`order_status`, with 1mg's own words; only `status_id` means anything, as 1mg's page says."""

    name = "progress"
    status_id: int | None = None
    title: str = ""
    sub_title: str = ""


@dataclass(frozen=True, slots=True)
class Dates(Part):
    """`created` and `updated`: when 1mg made the order and last changed it."""

    name = "dates"
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Eta(Part):
    """The promised delivery window; 0 and absent are unknown."""

    name = "eta"
    eta_from: datetime | None = None
    eta_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shipment(Part):
    """`shipment_detail`. `tracking_url` is text that is never fetched and only linked when it is a real http(s) URL."""

    name = "shipment"
    delivery_partner_name: str = ""
    tracking_url: str = ""
    tracking_number: str = ""
    delivery_contact: str = ""
    delivery_contact_name: str = ""

    def columns(self) -> dict[str, Any]:
        """Column name -> value, and the courier as it is compared."""
        named = {name: getattr(self, name) for name in self.__slots__}
        return named | {"courier_word": normal(self.delivery_partner_name)[:100]}


@dataclass(frozen=True, slots=True)
class InvoiceLinks(Part):
    """`invoice`: the two documents 1mg links beside the numbered invoices."""

    name = "invoice_links"
    invoice_shipping_url: str = ""
    invoice_order_url: str = ""


#: The keys of a payment summary that are amounts of money.
AMOUNTS: Final = frozenset(
    {
        "amount_payable",
        "amount_collected",
        "cart_mrp",
        "cashback_earned",
        "cashback_refund_due",
        "coupon_discount",
        "current_mrp",
        "discounted_mrp",
        "online_collected",
        "online_pending_amount",
        "online_refund_due",
        "online_refund_initiated",
        "order_mrp",
        "shipping_charges",
        "total_refund_due",
        "total_refunded_amount",
    }
)


@dataclass(frozen=True, slots=True)
class Payment(Part):
    """`payment_summary` as published with decimals cleaned; 1mg repeats it on each child, so it is never summed."""

    name = "payment"
    mode: str = ""
    payment_summary: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skus(Part):
    """`skus`, as one list: a SKU no longer listed is no longer in the order."""

    name = "skus"
    lines: tuple[SkuLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Invoices(Part):
    """`invoice_data`, as one list."""

    name = "invoices"
    lines: tuple[InvoiceLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Purchase(Part):
    """Which purchase the order belongs to: the merchant's id, said only where 1mg sent one."""

    name = "purchase"
    merchant_order_id: str


@dataclass(frozen=True, slots=True)
class Group(Part):
    """1mg's own id for the purchase."""

    name = "group"
    group_order_id: str


@dataclass(frozen=True, slots=True)
class Method(Part):
    """How the purchase is paid; 1mg says it on each child, the purchase keeps it once."""

    name = "method"
    payment_method: str


@dataclass(frozen=True, slots=True)
class Sums(Part):
    """Of the purchase's money what days are summed by; 1mg says it on each child, the purchase keeps it once.

    Rupees; `None` where 1mg did not say it, or what nobody can read: of a refund `is_refund_unread` tells which.
    """

    name = "sums"
    collected_amount: Decimal | None = None
    refund_due_amount: Decimal | None = None
    is_refund_unread: bool = False

    @classmethod
    def of(cls, amounts: Mapping[str, Any]) -> Sums:
        """From the amounts of a payment summary, as it is kept."""
        due = money.said(amounts, "total_refund_due")
        collected = money.said(amounts, "online_collected")
        return cls(
            collected_amount=collected.rupees if collected else None,
            refund_due_amount=due.rupees if due else None,
            is_refund_unread=due is not None and due.unknown,
        )


@dataclass(frozen=True, slots=True)
class Customer(Part):
    """`user`. Free text at the door: the published e-mail is not a valid one."""

    name = "customer"
    email: str = ""
    contact_number: str = ""


@dataclass(frozen=True, slots=True)
class Address(Part):
    """`delivery_address`: whole as published, with the columns that staff filter by beside it."""

    name = "address"
    customer_name: str = ""
    city: str = ""
    pincode: str = ""
    state: str = ""
    delivery_address: dict[str, Any] = field(default_factory=dict)

    def columns(self) -> dict[str, Any]:
        """Column name -> value, and the city as it is compared."""
        named = {name: getattr(self, name) for name in self.__slots__}
        return named | {"city_word": normal(self.city)[:100]}


@dataclass(frozen=True, slots=True)
class Prescriptions(Part):
    """The document-level prescriptions: `{"url", "status", "reason"}` each."""

    name = "prescriptions"
    prescriptions: tuple[dict[str, str], ...] = ()
    prescription_state: str = ""

    def columns(self) -> dict[str, Any]:
        """Column name -> value; JSON keeps a list."""
        return {"prescriptions": list(self.prescriptions), "prescription_state": self.prescription_state}


#: What is remembered of a part's text: its mark, the flags of reading it, and what it adds to `orders.said`.
Memo = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Same(Part):
    """A part said again word for word: what stands counts, so it was not even translated."""

    name: str  # type: ignore[misc]  # it may stand for any part
    memo: Memo

    def columns(self) -> dict[str, Any]:
        """None is news."""
        return {}

    @property
    def said(self) -> dict[str, Any]:
        """What the part adds to `orders.said`."""
        found: dict[str, Any] = self.memo[2]
        return found


@dataclass(frozen=True, slots=True)
class Update:
    """One distinct thing 1mg said about one grouped order.

    `digest` is its identity. `updated_ms` is 1mg's clock in milliseconds since 1970, `None`
    where it was missing or unreadable; whether it can be believed is for the fold to say, which knows when it came.
    """

    order_id: str
    digest: str
    entry: int
    purchase: Purchase | None = None
    group: Group | None = None
    updated_ms: int | None = None
    updated_raw: str = ""
    progress: Progress | None = None
    dates: Dates | None = None
    eta: Eta | None = None
    shipment: Shipment | None = None
    invoice_links: InvoiceLinks | None = None
    payment: Payment | None = None
    skus: Skus | None = None
    invoices: Invoices | None = None
    customer: Customer | None = None
    address: Address | None = None
    prescriptions: Prescriptions | None = None
    flags: frozenset[str] = frozenset()
    #: Of the parts that were translated from 1mg's text: its mark, and the flags of reading it.
    read: Mapping[str, tuple[str, frozenset[str]]] = field(default_factory=dict, compare=False, repr=False)

    def against(self, known: Mapping[str, Memo], place: Mapping[str, Memo]) -> Update:
        """The update for an order of which so much is `known`, in a purchase of which so much is.

        One that is still to be translated spares the parts that are said again word for word.
        """
        return self

    @property
    def mode(self) -> str:
        """How the purchase is paid, "" where the update does not say."""
        if isinstance(self.payment, Same):
            return str(self.payment.said["mode"])
        return self.payment.mode if self.payment else ""

    @property
    def _amounts(self) -> Mapping[str, Any]:
        """The amounts of its payment summary, as they are kept."""
        if isinstance(self.payment, Same):
            said: Mapping[str, Any] = self.payment.said["money"]
            return said
        return self.payment.payment_summary if self.payment else {}

    @property
    def purchase_id(self) -> str:
        """What the purchase is filed under: the merchant's id, else 1mg's group, else the order itself."""
        if self.purchase:
            return self.purchase.merchant_order_id
        return self.group.group_order_id if self.group else self.order_id

    def order_parts(self) -> Iterator[Part]:
        """The parts that belong to the order."""
        for part in (
            self.progress,
            self.dates,
            self.eta,
            self.shipment,
            self.invoice_links,
            self.payment,
            self.skus,
            self.invoices,
            self.purchase,
        ):
            if part is not None:
                yield part

    def group_parts(self) -> Iterator[Part]:
        """The parts that belong to the whole purchase and ride on every update of its orders."""
        method = Method(self.mode) if self.mode else None
        sums = Sums.of(self._amounts) if self.payment else None
        for part in (self.group, method, sums, self.customer, self.address, self.prescriptions):
            if part is not None:
                yield part

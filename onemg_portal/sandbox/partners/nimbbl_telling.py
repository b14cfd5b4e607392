"""What Nimbbl tells the merchant of its own accord, and how well that reaches the merchant.

    captured(order, ...)         the tellings of a payment that succeeds
    refunded(order, paid_back)   those of a refund that Nimbbl has taken
    MANNERS                      by name, what becomes of tellings: late, twice, out of order, forged, ...

To play another manner, add a function with a docstring and its line in `MANNERS`; `GET /_sandbox/` prints the list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from onemg_portal.sandbox.partners import nimbbl_webhooks
from onemg_portal.sandbox.partners.books import Order, PaidBack
from onemg_portal.sandbox.partners.nimbbl_webhooks import Event

#: Seconds after Nimbbl has taken a refund until the bank has paid it. In life it takes days.
BANK_SECONDS: Final = 20.0
#: Seconds by which what is late comes late, and between two tellings that follow each other.
LATE_SECONDS: Final = 60.0
_GAP: Final = 3.0


@dataclass(frozen=True, slots=True)
class Telling:
    """One event: `at` so many seconds from now it happens, `told` seconds from now Nimbbl posts it.

    `changes`: what is so in Nimbbl's books once it has happened, as fields of `books.Order`. `write`: makes the body,
    with the secret that was agreed on. `again`: it is Nimbbl who posts it, and who does so until it is taken.
    """

    at: float
    told: float
    event: Event
    changes: dict[str, Any] = field(default_factory=dict)
    write: Callable[[Event, str], Event] = nimbbl_webhooks.signed
    again: bool = True

    def body(self, secret: str) -> bytes:
        """As it goes over the wire."""
        return nimbbl_webhooks.posted(self.write(self.event, secret))


Manner = Callable[[Order, Sequence[Telling]], list[Telling]]


# --- what happens -----------------------------------------------------------------------------------------------------


def captured(order: Order, seconds: float = 0) -> list[Telling]:
    """The payment of an order succeeds, so many seconds from now."""
    return [Telling(seconds, seconds, nimbbl_webhooks.payment(order), {"payment_status": "succeeded"})]


def refunded(order: Order, paid_back: PaidBack) -> list[Telling]:
    """Nimbbl has taken a refund; some seconds later the bank has paid it."""

    def event(event_type: str) -> Event:
        attempt = int(paid_back.transaction_id.rpartition("-")[2])
        named = paid_back.refund_request_id
        return nimbbl_webhooks.refund(order, paid_back.amount, event_type, attempt=attempt, request_id=named)

    paid = Telling(BANK_SECONDS, BANK_SECONDS, event("refund_success"), {"refund_status": "succeeded"})
    return [Telling(1, 1, event("refund_pending")), paid]


# --- how it is told ---------------------------------------------------------------------------------------------------


def fine(order: Order, tellings: Sequence[Telling]) -> list[Telling]:
    """Each event once, at once, in order, with its signature of version 3."""
    return list(tellings)


def late(order: Order, tellings: Sequence[Telling]) -> list[Telling]:
    """Each event a minute after it happened."""
    return [replace(one, told=one.told + LATE_SECONDS) for one in tellings]


def twice(order: Order, tellings: Sequence[Telling]) -> list[Telling]:
    """Each event once more, seconds later."""
    return [copy for one in tellings for copy in (one, replace(one, told=one.told + _GAP, changes={}))]


def out_of_order(order: Order, tellings: Sequence[Telling]) -> list[Telling]:
    """The last event first, and the first one last."""
    last = max(one.told for one in tellings)
    return [replace(one, told=last + n * _GAP) for n, one in enumerate(reversed(tellings))]


def turned_back(order: Order, tellings: Sequence[Telling]) -> list[Telling]:
    """A payment that succeeded is being reversed after a minute, and then is."""
    happens = [*tellings]
    for word in ("reversing", "reversed"):
        at = happens[-1].at + LATE_SECONDS
        happens.append(Telling(at, at, nimbbl_webhooks.payment(order, f"payment_{word}"), {"payment_status": word}))
    return happens


def turned_back_out_of_order(order: Order, tellings: Sequence[Telling]) -> list[Telling]:
    """A payment is reversed, and that is told before its success."""
    return out_of_order(order, turned_back(order, tellings))


def sealed(order: Order, tellings: Sequence[Telling]) -> list[Telling]:
    """Each event in the envelope of version 4."""
    return [replace(one, write=nimbbl_webhooks.sealed) for one in tellings]


def older(order: Order, tellings: Sequence[Telling]) -> list[Telling]:
    """Signed as for an older account, without the status."""
    return [replace(one, write=nimbbl_webhooks.older) for one in tellings]


def unsigned(order: Order, tellings: Sequence[Telling]) -> list[Telling]:
    """Without a signature."""
    return [replace(one, write=lambda event, _secret: nimbbl_webhooks.unsigned(event)) for one in tellings]


def forged(order: Order, tellings: Sequence[Telling]) -> list[Telling]:
    """Somebody else posts them, who does not know the secret; Nimbbl itself says nothing."""
    return [replace(one, write=_forge, again=False) for one in tellings]


def _forge(event: Event, secret: str) -> Event:
    return nimbbl_webhooks.signed(event, f"not {secret}")


MANNERS: Final[dict[str, Manner]] = {
    "fine": fine,
    "late": late,
    "twice": twice,
    "out-of-order": out_of_order,
    "reversed": turned_back,
    "reversed-out-of-order": turned_back_out_of_order,
    "sealed": sealed,
    "older": older,
    "unsigned": unsigned,
    "forged": forged,
}


def listed() -> str:
    """Every manner with what it does, a line each."""
    width = max(map(len, MANNERS))
    return "".join(f"{name:<{width}}  {(one.__doc__ or '').splitlines()[0]}\n" for name, one in MANNERS.items())

"""The doors that the partners come to: at which addresses, with which methods, and in which shape each answers.

With the slash at the end and without: a redirect would lose a body, and the partners take it for a failure. Which
method an address takes is looked at before any token.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

from webhooks import nimbbl, payment_views, refund_requests, transactions, views

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a door answers what its rooms do not: in the words that were agreed with whoever comes here."""

    bad_request: Callable[[], HttpResponse]
    not_found: Callable[[], HttpResponse]
    method_not_allowed: Callable[[str], HttpResponse]
    unavailable: Callable[[], HttpResponse]


@dataclass(frozen=True, slots=True)
class Room:
    """One address of a door. `pattern`: of the whole path; its groups are handed to `view`. `most`: bytes of a body."""

    pattern: re.Pattern[str]
    method: str
    view: Callable[..., HttpResponse]
    most: int


@dataclass(frozen=True, slots=True)
class Door:
    """The addresses that begin with one word."""

    word: str
    shape: Shape
    rooms: tuple[Room, ...]

    def is_near(self, path: str) -> bool:
        """Whether an address is meant for this door, though it may be misspelt: upper case, a slash too many."""
        return path.lower().lstrip("/").startswith(self.word)

    def answer(self, request: HttpRequest) -> HttpResponse:
        """In the agreed shape, whatever happens."""
        found = [(room, match) for room in self.rooms if (match := room.pattern.fullmatch(request.path_info))]
        if not found:
            return self.shape.not_found()
        fitting = [(room, match) for room, match in found if room.method == request.method]
        if not fitting:
            return self.shape.method_not_allowed(", ".join(room.method for room, _match in found))
        room, match = fitting[0]
        try:
            request.get_host()
            return room.view(request, **match.groupdict())
        except DisallowedHost:
            return self.shape.bad_request()
        except Exception as error:  # noqa: BLE001 - the last door: HTML would break the agreed shape
            log.error("a door failed: %s", type(error).__name__, exc_info=True)
            return self.shape.unavailable()


def _of_money(unavailable: Callable[[], HttpResponse]) -> Shape:
    return Shape(payment_views.bad_request, payment_views.not_found, payment_views.method_not_allowed, unavailable)


UPDATES: Final = Door(
    "update-status",
    Shape(views.bad_request, views.not_found, views.method_not_allowed, views.unavailable),
    (Room(re.compile("/update-status/?"), "POST", views.OrderUpdateView.as_view(), settings.ONEMG_WEBHOOK_MAX_BYTES),),
)
TRANSACTIONS: Final = Door(
    "transactions",
    _of_money(transactions.unavailable),
    (
        Room(
            re.compile("/transactions/(?P<merchant_order_id>[^/]+)/?"),
            "GET",
            transactions.TransactionView.as_view(),
            most=0,
        ),
    ),
)
EVENTS: Final = Door(
    "nimbbl/events",
    Shape(nimbbl.bad_request, nimbbl.not_found, nimbbl.method_not_allowed, nimbbl.unavailable),
    (Room(re.compile("/nimbbl/events/?"), "POST", nimbbl.NimbblEventView.as_view(), nimbbl.MOST_BYTES),),
)
REFUND_REQUESTS: Final = Door(
    "refund-requests",
    _of_money(refund_requests.unavailable),
    (
        Room(
            re.compile("/refund-requests/?"),
            "POST",
            refund_requests.RefundRequestsView.as_view(),
            refund_requests.MOST_BYTES,
        ),
        Room(
            re.compile("/refund-requests/(?P<unique_id>[^/]+)/?"),
            "GET",
            refund_requests.RefundRequestView.as_view(),
            most=0,
        ),
    ),
)
DOORS: Final[Iterable[Door]] = (UPDATES, TRANSACTIONS, REFUND_REQUESTS, EVENTS)


def door_of(path: str) -> Door | None:
    """The door that an address is meant for."""
    return next((door for door in DOORS if door.is_near(path)), None)


def most_bytes(path: str) -> int | None:
    """The bytes that a body posted to this path may have; `None` where it is the address of no room."""
    rooms = (room for door in DOORS for room in door.rooms if room.pattern.fullmatch(path))
    return max((room.most for room in rooms), default=None)

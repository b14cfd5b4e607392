"""Which endpoint of which partner a request asks, about which order, and how that endpoint answers honestly."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import unquote

from onemg_portal.sandbox.partners import nimbbl, onemg
from onemg_portal.sandbox.partners.agreed import Agreed, Outcome
from onemg_portal.sandbox.partners.books import Books
from onemg_portal.sandbox.partners.wire import Answer, Request, json_answer

_CONFIRM: Final = re.compile(r"/api/v4/merchants/([^/]+)/orders/([^/]+)/confirm")
_CANCEL: Final = re.compile(r"/api/v4/([^/]+)/order/cancel")
#: What stands for an order where a token is asked for.
TOKEN: Final = "token"  # noqa: S105 - a word


class Asked(NamedTuple):
    """An endpoint, the order it is asked about, and its honest outcome, found when it is called for."""

    endpoint: str
    order_id: str
    outcome: Callable[[], Outcome]


def asked(request: Request, agreed: Agreed, books: Books) -> Asked | Answer:
    """What a request asks for; 404 or 405 where it asks for nothing that there is."""
    if match := _CONFIRM.fullmatch(request.path):
        if request.method != "PUT":
            return onemg.refused(405, "Method not allowed")
        merchant_id, order_id = map(unquote, match.groups())
        return Asked("confirm", order_id, lambda: onemg.confirm(request, merchant_id, order_id, agreed, books))
    body = request.json()
    if match := _CANCEL.fullmatch(request.path):
        if request.method != "POST":
            return onemg.refused(405, "Method not allowed")
        merchant_id = unquote(match[1])
        order_id = str(body.get("order_id", ""))
        return Asked("cancel", order_id, lambda: onemg.cancel(request, merchant_id, agreed, books))
    if named := onemg.tracked(request, agreed):
        return Asked("track", named[1], lambda: onemg.track(request, *named, agreed, books))
    found = {
        "POST /api/v3/generate-token": Asked("token", TOKEN, lambda: nimbbl.generate_token(request, agreed, books)),
        "POST /api/v3/transaction-enquiry": Asked(
            "enquiry", nimbbl.subject_of_enquiry(body), lambda: nimbbl.enquire(request, books)
        ),
        "POST /api/v3/refund": Asked("refund", nimbbl.order_of(body), lambda: nimbbl.refund(request, books)),
        agreed.nimbbl_update_order: Asked(
            "update", str(body.get("order_id", "")), lambda: nimbbl.update_order(request, books)
        ),
    }
    if one := found.get(f"{request.method} {request.path}"):
        return one
    if any(request.path == line.partition(" ")[2] for line in found):
        return json_answer(405, {"status": 405, "error": "HTTP 405: Method Not Allowed"})
    return json_answer(404, {"status": 404, "error": "HTTP 404: Not Found"})

"""Every page of ours in a portal that `hard_portal` filled: its name, and how somebody gets there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from django.template.loader import render_to_string
from django.utils import timezone

from orders.models import Ask, SavedView
from payments.models import PartnerCall, Refund
from tests.browser.hard_portal import ARABIC, LONG_ID, OTHER_ID, WORD
from webhooks.models import Delivery, NimbblEvent

Opening = Callable[[Any], object]
#: Templates of what stands where no page is.
_INSTEAD = ["400", "403", "404", "500", "503", "busy", "locked", "opened_before", "sign_in_again", "signed_out"]


def every_page() -> Iterator[tuple[str, Opening]]:
    """Each page that an Administrator can open, and those that stand where no page is."""
    for path in _paths():
        yield path, lambda page, path=path: page.goto(path)
    yield from _after_a_press()
    for name in _INSTEAD:
        yield name, lambda page, name=name: _instead(page, name)
    yield "sign-in", _sign_out
    yield "a wrong password", _wrong_password


def some_of_each_kind() -> Iterator[tuple[str, Opening]]:
    """The same with at most three of those that one template draws."""
    seen: Counter[str] = Counter()
    for name, open_page in every_page():
        kind = re.sub(r"^/(\w+)/[^/?]+/$", r"/\1/*/", name)
        seen[kind] += 1
        if seen[kind] <= 3:
            yield name, open_page


def _paths() -> Iterator[str]:
    yield from ("/", "/?cause=late", "/?cause=money", "/?cause=to_confirm", "/?owner=~nobody")
    yield from ("/prescriptions/", "/refunds/", "/limits/", "/money/", "/money/?since=2026-02-02&until=2026-01-01")
    yield from ("/asks/", f"/confirm/?id={LONG_ID}&id=HINDI&id={OTHER_ID}&id={WORD[:150]}")
    batch = Ask.objects.values_list("batch", flat=True)[0]
    yield from (f"/asks/{batch}/", "/orders/HINDI/answer/")
    yield f"/confirm/result/?id={LONG_ID}&id=PO122434&id={WORD[:150]}"
    yield from (
        "/orders/",
        f"/orders/?city={WORD[:90]}&q={WORD[:150]}",
        "/orders/?since=x&status=x",
        "/orders/?stage=ship",
        f"/orders/?city={WORD[:90]}&city={WORD[1:91]}&courier={WORD[:90]}&turn=us&turn=1mg&wait=90m&promise=passed",
        "/views/",
        f"/views/save/?city={WORD[:90]}",
    )
    for view in SavedView.objects.order_by("pk")[:1]:
        yield from (f"/views/{view.pk}/rename/", f"/views/{view.pk}/delete/")
    for purchase in (LONG_ID, "PO122434", "F17", OTHER_ID, "HINDI", "ARABIC"):
        yield f"/orders/{purchase}/"
    yield from (f"/orders/{LONG_ID}/?source={source}" for source in ("1mg", "people"))
    yield f"/orders/{LONG_ID}/?as_of={timezone.now():%Y-%m-%dT%H:%M:%S.%fZ}"
    same = f"same-order/{OTHER_ID}"
    for page in ("confirm", "cancel", "nimbbl-update", same, "note", "tag", "take", "put-off", "call"):
        yield f"/orders/{LONG_ID}/{page}/"
    yield from ("/orders/HINDI/confirm/", f"/orders/{OTHER_ID}/confirm/", "/orders/HINDI/nimbbl-update/")
    yield from ("/deliveries/", "/deliveries/?outcome=set_aside", "/deliveries/?outcome=x")
    yield from (f"/deliveries/{pk}/" for pk in Delivery.objects.order_by("-pk").values_list("pk", flat=True)[:8])
    yield from ("/nimbbl/", "/nimbbl/?outcome=waiting", "/nimbbl/?outcome=x")
    yield from (f"/nimbbl/{pk}/" for pk in NimbblEvent.objects.values_list("pk", flat=True)[:3])
    yield from ("/calls/", "/calls/?state=unknown", "/calls/?partner=nimbbl")
    calls = {call.state: call for call in PartnerCall.objects.order_by("pk")}
    for state in ("unknown", "intended", "succeeded", "sending", "rejected"):
        yield calls[state].get_absolute_url()
    yield f"/calls/{calls['unknown'].pk}/resend/"
    for refund in Refund.objects.order_by("pk")[:1]:
        for page in ("", "approve/", "decline/", "send-again/"):
            yield f"/refunds/{refund.pk}/{page}"
    yield from ("/orders/HINDI/refund/", f"/orders/{LONG_ID}/refund/")
    yield from ("/register/", "/register/csv/", "/partners/", "/find/", "/keys/", "/api/docs/")


def _after_a_press() -> Iterator[tuple[str, Opening]]:
    yield "registration with mistakes", _register
    yield "lines of a file", _upload
    yield "a file that cannot be read", _upload_nonsense
    yield "a note that is none", _mistaken_note
    yield "review of an update", _review
    yield "update with mistakes", _mistaken_update
    yield "partners tried", _try_partners
    yield "a view that cannot be saved", _mistaken_view
    yield "choosing what to filter by", _open_filters
    yield "who is signed in", _open_who
    yield "a purchase with all of it open", _open_details
    yield "a purchase with its people shown", _reveal
    yield "a call sheet that shows whom to call", _press_call
    yield "the palette", _open_palette
    yield "filtered to nothing", lambda page: page.goto(f"/orders/?q={quote(ARABIC[:150])}")
    for what, typed in _SEARCHES.items():
        yield f"/find/{what}/", lambda page, typed=typed: _search(page, typed)


#: What stands for the key of a search in its address -> what is searched.
_SEARCHES = {
    "several": "3210",
    "nothing": ARABIC[1:150],
    "a-list": f"{LONG_ID}, {OTHER_ID}, {WORD[:90]}1, X{LONG_ID[1:]}",
}


def _search(page: Any, typed: str) -> None:
    page.goto("/find/")
    page.fill("#search", typed)
    page.press("#search", "Enter")
    page.wait_for_url("**/find/*/")


def _register(page: Any) -> None:
    page.goto("/register/")
    for name in ("merchant_order_id", "onemg_order_id", "nimbbl_order_id"):
        page.fill(f"[name={name}]", LONG_ID)
    page.fill("[name=payable_amount]", "999999999.99")
    page.click("button:has-text('Register')")
    page.wait_for_selector(".errors, .wrong")


def _upload(page: Any) -> None:
    head = "merchant_order_id,onemg_order_id,nimbbl_order_id,payment_method,payable_amount"
    lines = [
        head,
        f"{LONG_ID},P{LONG_ID[1:]},o_{LONG_ID[2:]},ONLINE,999999999.99",
        f"{WORD},{WORD},{WORD},{WORD},{WORD}",
    ]
    lines.append(f"N{LONG_ID[1:]},P{OTHER_ID[1:]},n_{LONG_ID[2:]},ONLINE,999999999.99")
    _send_file(page, "\n".join(lines))


def _upload_nonsense(page: Any) -> None:
    _send_file(page, f"{WORD},{WORD}\n1,2")


def _send_file(page: Any, text: str) -> None:
    page.goto("/register/csv/")
    file = {"name": f"{WORD[:120]}.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.set_input_files("[name=file]", file)
    page.click("button:has-text('Show what it would do')")
    page.wait_for_selector(".banner")


def _mistaken_note(page: Any) -> None:
    page.goto(f"/orders/{LONG_ID}/note/")
    page.fill("[name=text]", "   ")
    page.click("main form .btn.primary")
    page.wait_for_selector(".wrong")


def _review(page: Any) -> None:
    page.goto(f"/orders/{LONG_ID}/nimbbl-update/")
    page.fill("[name=street]", WORD[:200])
    page.fill("[name=landmark]", ARABIC[:100])
    page.fill("[name=attributes]", f"{WORD[:64]} = {WORD[1:170]}")
    page.click("text=Show what will change")
    page.wait_for_selector("text=Send this to Nimbbl?")


def _mistaken_update(page: Any) -> None:
    page.goto(f"/orders/{LONG_ID}/nimbbl-update/")
    page.fill("[name=pincode]", WORD)
    page.fill("[name=attributes]", WORD * 2)
    page.click("text=Show what will change")
    page.wait_for_selector(".wrong")


def _try_partners(page: Any) -> None:
    page.goto("/partners/")
    page.click("text=Try now")
    page.wait_for_selector("text=Try again")


def _mistaken_view(page: Any) -> None:
    page.goto("/views/save/?status=20")
    page.fill("main [name=name]", "   ")
    page.click("main form .btn.primary")
    page.wait_for_selector(".wrong")


def _open_filters(page: Any) -> None:
    page.goto("/orders/?status=130")
    page.click(".save summary")
    page.click(".more summary")
    page.locator(".pick summary").last.click()


def _open_who(page: Any) -> None:
    page.goto("/partners/")
    page.click(".who summary")


def _open_details(page: Any) -> None:
    page.goto(f"/orders/{LONG_ID}/")
    for summary in page.locator("main details summary").all():
        summary.click()


def _reveal(page: Any) -> None:
    page.goto("/orders/HINDI/")
    page.click("#reveal button")
    page.wait_for_selector("#reveal", state="detached")


def _press_call(page: Any) -> None:
    page.goto(f"/orders/{OTHER_ID}/call/")
    page.click("text=Show whom to call")
    page.wait_for_selector("text=Show whom to call", state="detached")


def _open_palette(page: Any) -> None:
    page.goto(f"/orders/{LONG_ID}/")
    page.keyboard.press("Control+k")
    page.fill("#palette input", LONG_ID[:20])
    page.wait_for_selector("#palette [data-address]")


def _sign_out(page: Any) -> None:
    page.context.clear_cookies()
    page.goto(f"/login/?next=/orders/{LONG_ID}/")


def _wrong_password(page: Any) -> None:
    page.fill("[name=username]", WORD[:150])
    page.fill("[name=password]", WORD)
    page.click("button")
    page.wait_for_selector("[role=alert]")


def _instead(page: Any, name: str) -> None:
    """A page that takes the place of another: drawn here, since its cause is hard to make."""
    address = f"**/instead/{name}"
    page.route(address, lambda route: route.fulfill(body=render_to_string(f"{name}.html"), content_type="text/html"))
    page.goto(f"/instead/{name}")
    page.unroute(address)

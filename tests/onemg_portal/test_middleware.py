"""What a browser is told, and what pages are made of: headers on every address, no executable text, no leaks."""

from __future__ import annotations

import copy
import csv
import json
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from orders.asks.forms import CLOCKS_TO_ASK
from orders.desk.causes import Cause
from orders.models import GroupedOrder, Need, OrderGroup
from tests import addresses
from tests.conftest import NAMES, document, order_update, payload
from tests.revealing import revealed
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]

#: Answered before everything else, to a machine, in JSON.
#: Where partners come, who are no browsers.
DOORS = (
    "webhooks:update-status",
    "webhooks:transaction",
    "webhooks:refund-requests",
    "webhooks:refund-request",
    "webhooks:nimbbl-events",
)
HEADERS = {
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
POLICY = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


@pytest.fixture
def root(db: None) -> Client:
    """A browser of somebody who may everything."""
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture
def filled(post: Post) -> None:
    """Rows for every page to show."""
    for name in NAMES:
        post(payload(name))
    post(order_update("PO1", 99, 1_700_000_000))
    post(order_update("PO1", 30, 1_700_000_100))
    post({"grouped_orders": [], "new": 1})
    post(payload("delivered"), token=None)


@pytest.mark.parametrize("who", ["root", "nobody"])
def test_U6_U7_U22_every_address_answers_with_the_headers(filled: None, root: Client, who: str) -> None:
    client = root if who == "root" else Client()
    wrong = {}

    for name, path in addresses.every().items():
        answer = client.get(path)
        found = dict(part.split(" ", 1) for part in answer.get("Content-Security-Policy", "none none").split("; "))
        others = {header: answer.get(header) for header in HEADERS}
        kept = "no-store" not in answer.get("Cache-Control", "")
        if (found, others, kept) != (POLICY, HEADERS, False):
            wrong[name] = (found, others, answer.get("Cache-Control"))

    for name in DOORS:
        assert wrong.pop(name) == ({"none": "none"}, dict.fromkeys(HEADERS), "no-store")
    wrong.pop("admin:jsi18n", None)  # words of the admin's own scripts, the same for everybody
    assert wrong == {}


@pytest.mark.parametrize("path", ["/nowhere/", "/orders/nobody/", "/admin/nowhere/", "/api/nowhere/"])
def test_U6_so_do_pages_that_do_not_exist(root: Client, path: str) -> None:
    answer = root.get(path)

    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert (answer["X-Frame-Options"], answer["Cache-Control"]) == ("DENY", "no-store")


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere(root: Client) -> None:
    policy = root.get("/orders/")["Content-Security-Policy"]

    assert [word for word in ("unsafe", "http:", "https:", "*", "blob:") if word in policy] == []


# --- what pages are made of -------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """The elements of a page, with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text, self.title, self._inside = "", "", ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        """Text between elements."""
        self.text += data
        self.title += data if self._inside == "title" else ""
        if self._inside in ("script", "style") and data.strip():
            self.elements.append(("inline " + self._inside, {}))

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        self._inside = ""

    def executable(self) -> list[tuple[str, Any]]:
        """Whatever a strict policy would have to stop."""
        found: list[tuple[str, Any]] = [
            ("inline", tag) for tag, _ in self.elements if tag in ("inline script", "style")
        ]
        for tag, attributes in self.elements:
            found += [(tag, name) for name in attributes if name.startswith("on") or name == "style"]
            found += [
                (tag, name)
                for name, value in attributes.items()
                if value.strip().lower().startswith(("javascript:", "data:text", "vbscript:"))
            ]
            found += [(tag, "iframe") for _ in (1,) if tag in ("iframe", "object", "embed", "base")]
        return found

    def links(self) -> list[str]:
        """Every address the page names."""
        return [
            value
            for _, attributes in self.elements
            for name, value in attributes.items()
            if name in ("href", "src", "action", "hx-get", "formaction")
        ]


def pages(client: Client) -> Iterator[tuple[str, Page]]:
    """Every page of our own that staff can come to, with every purchase and delivery there is."""
    paths = [
        "/orders/",
        "/orders/?q=p&stage=ship",
        "/orders/?since=x",
        "/deliveries/",
        "/deliveries/?outcome=applied",
        "/api/docs/",
    ]
    paths += [f"/?cause={cause.slug}" for cause in Cause]
    for pk in OrderGroup.objects.values_list("pk", flat=True):
        paths += [f"/orders/{pk}/{of_it}" for of_it in ("", "call/", "confirm/", "nimbbl-update/", "?source=1mg")]
    paths += [f"/deliveries/{pk}/" for pk in Delivery.objects.values_list("pk", flat=True)]
    paths += ["/api/docs/", "/nowhere/", "/login/", *addresses.ours().values()]
    for path in paths:
        answer = client.get(path)
        if answer["Content-Type"].startswith("text/html"):
            yield path, Page(answer.content.decode())


def test_U7_no_page_holds_anything_inline(filled: None, root: Client) -> None:
    found = {path: page.executable() for path, page in pages(root)}
    found["/login/"] = Page(Client().get("/login/").content.decode()).executable()

    assert {path: what for path, what in found.items() if what} == {}
    assert len(found) > 15


def test_U7_no_page_takes_anything_from_elsewhere(filled: None, root: Client) -> None:
    outside = {
        (path, tag)
        for path, page in pages(root)
        for tag, attributes in page.elements
        if tag in ("script", "link", "img", "form", "source") or "hx-get" in attributes
        for name in ("src", "href", "action", "hx-get")
        if attributes.get(name, "/").startswith(("http", "//"))
    }

    assert outside == set()


def test_control_the_parser_sees_what_it_should() -> None:
    bad = '<p onclick="x" style="y"><script>z</script><style>a{}</style><a href=" JavaScript:1">b</a><iframe>'

    assert len(Page(bad).executable()) == 6


# --- hostile text -----------------------------------------------------------------------------------------------------

CANARY = '"><img src=x onerror=1>'
#: What has to fit a shape to be kept at all, or decides which row is meant.
FIXED = {"order_id", "merchant_order_id", "status_id", "updated", "created", "mode", "status"}


def images(page: Page) -> list[str]:
    """The elements that only the canary can have made."""
    return [tag for tag, attributes in page.elements if "onerror" in attributes or attributes.get("src") == "x"]


def infected(value: Any, key: str = "") -> Any:
    """`value` with the canary in place of every text, and in the name of every free key."""
    if isinstance(value, dict):
        free = key in ("invoice_data", "payment_summary", "delivery_address")
        return {(CANARY + k if free else k): infected(v, k) for k, v in value.items()} | (
            {k: infected(v, k) for k, v in value.items()} if free else {}
        )
    if isinstance(value, list):
        return [infected(item, key) for item in value]
    return CANARY if isinstance(value, str) and key not in FIXED else value


@pytest.fixture
def hostile(post: Post) -> None:
    """Every published body twice, the second time changed, with the canary in every leaf."""
    for number, name in enumerate(NAMES):
        body = infected(payload(name))
        told = document(body)
        told["merchant_order_id"] = f"M{number}"
        for place, entry in enumerate(told["grouped_orders"]):
            entry["order_id"] = f"PO{number}-{place}"
            entry[CANARY] = CANARY
            entry["skus"][0]["prescription_status"] = "x" + CANARY
        before = copy.deepcopy(body)
        for entry in document(before)["grouped_orders"]:
            entry["order_status"]["title"] = "before"
            entry["shipment_detail"] = {"delivery_partner_name": "before", "tracking_number": "before"}
            entry["updated"] = 1_500_000_000
        post(before, headers={"User-Agent": CANARY})
        post(body, headers={"User-Agent": CANARY})


def test_U1_the_bodies_are_kept_and_applied(hostile: None) -> None:
    assert set(Delivery.objects.values_list("answer_code", flat=True)) == {200}
    assert GroupedOrder.objects.filter(title=CANARY).count() == GroupedOrder.objects.count() == len(NAMES) + 1


def test_U1_no_page_takes_text_of_1mgs_for_its_own(hostile: None, root: Client) -> None:
    seen = 0
    for path, page in pages(root):
        assert (path, page.executable()) == (path, [])
        assert (path, images(page)) == (path, [])
        seen += page.text.count(CANARY)

    assert seen > 100  # it is shown, as text


def test_U1_neither_does_the_admin(hostile: None, root: Client) -> None:
    seen = 0
    for name, path in addresses.every().items():
        if name.startswith(("admin:orders_", "admin:webhooks_")):
            page = Page(root.get(path).content.decode())
            assert (name, images(page)) == (name, [])
            seen += page.text.count(CANARY)

    assert seen > 10


@pytest.mark.parametrize("address", ["/find/", "/find/hits/"])
def test_U1_neither_do_the_hits_of_a_search(hostile: None, root: Client, address: str) -> None:
    page = Page(root.post(address, {"q": "onerror"}, follow=True).content.decode())

    assert page.text.count(CANARY) > 5
    assert (page.executable(), images(page)) == ([], [])


def test_U4_no_text_of_1mgs_breaks_the_table_of_what_it_is_asked(hostile: None, root: Client) -> None:
    OrderGroup.objects.update(group_order_id=f"=1{CANARY},")
    one = Need.objects.filter(clock__in=CLOCKS_TO_ASK).first()
    assert one is not None

    answer = root.post("/asks/csv/", {"id": one.group_id, "clock": one.clock})

    head, *rows = csv.reader(answer.content.decode().splitlines())
    assert {len(row) for row in rows} == {len(head)}
    assert {row[2] for row in rows} == {f"'=1{CANARY},"}


@pytest.mark.parametrize("path", ["/orders/", "/deliveries/", "/admin/orders/sku/", "/login/", "/nowhere/"])
@pytest.mark.parametrize("name", ["q", "outcome", "next", "city", "stage", "older", "from", "before", CANARY])
def test_U1_no_page_takes_text_of_the_query_string_for_its_own(
    filled: None, root: Client, path: str, name: str
) -> None:
    for client in (root, Client()):
        page = Page(client.get(path, {name: CANARY}, follow=True).content.decode())

        assert images(page) == []


BAD_URLS = [
    "javascript:alert(1)",
    " javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>1</script>",
    "//evil.example",
    "http://user@evil.example/",
    "https://user:word@evil.example/",
    "https:evil.example",
    "file:///etc/passwd",
    "ftp://evil.example/",
    "http://\\evil.example",
    "vbscript:x",
    "https://evil.example\n/x",
    "h\ttps://evil.example",
    "url",
    "",
]


def linked(post: Post, root: Client, url: str) -> list[tuple[dict[str, str], str]]:
    """The attributes of the links to `url` on the page of a purchase of which every address is `url`."""
    body = order_update("PO1")
    told = document(body)
    told["prescriptions"] = [{"url": url, "status": "Rejected", "reason": ""}]
    entry = told["grouped_orders"][0]
    entry["shipment_detail"] = {"tracking_url": url, "tracking_number": "1"}
    entry["invoice"] = {"shipping": url, "order": url}
    entry["invoice_data"] = {"1": {"invoice_url": url, "skus": []}}
    post(body)
    page = Page(revealed(root, "M-PO1").content.decode())
    return [(attributes, tag) for tag, attributes in page.elements if attributes.get("href") == url]


@pytest.mark.parametrize("url", BAD_URLS)
def test_U2_an_address_that_is_no_plain_web_address_is_no_link(post: Post, root: Client, url: str) -> None:
    found = [attributes for attributes, tag in linked(post, root, url) if tag == "a"]

    assert found == []


def test_U2_a_web_address_is_a_link_that_tells_nothing_of_us(post: Post, root: Client) -> None:
    found = linked(post, root, "https://courier.example/?waybill=131")

    assert len(found) >= 3
    for attributes, _tag in found:
        assert (attributes["rel"], attributes["referrerpolicy"]) == ("noopener noreferrer", "no-referrer")


# --- personal data ----------------------------------------------------------------------------------------------------

WHO = "Zq7person"


@pytest.fixture
def people(post: Post) -> None:
    """A purchase that names people, twice, with a change between."""
    for number, word in enumerate((f"{WHO}old", WHO)):
        body = order_update("PO1", 130, 1_700_000_000 + number)
        told = document(body)
        told["user"] = {"email": f"{word}@{word}.example", "contact_number": f"{word}123456"}
        told["delivery_address"] |= {
            "name": f"Mr {word} {word}",
            "street1": word,
            "landmark": word,
            "contact_number": word,
        }
        told["prescriptions"] = [{"url": f"https://rx.example/{word}", "status": "Rejected", "reason": "unreadable"}]
        entry = told["grouped_orders"][0]
        entry["shipment_detail"] = {"delivery_contact": f"{word}123456", "delivery_contact_name": f"{word} {word}"}
        entry["invoice_data"] = {
            "1": {"doctor_name": word, "patient_name": word, "invoice_url": f"https://i.example/{word}"}
        }
        entry["invoice"] = {"shipping": f"https://i.example/{word}", "order": f"https://i.example/{word}"}
        post(body)


def test_U11_a_viewer_sees_no_personal_data_on_any_page(people: None, as_role: Callable[[str], Client]) -> None:
    client = as_role("Viewer")

    shown = {path for path, page in pages(client) if WHO in page.text or any(WHO in link for link in page.links())}

    assert shown == set()


def test_U11_nor_anywhere_in_their_source(people: None, as_role: Callable[[str], Client]) -> None:
    client = as_role("Viewer")
    paths = ["/orders/", "/orders/M-PO1/", "/deliveries/", *(f"/deliveries/{d.pk}/" for d in Delivery.objects.all())]

    assert [path for path in paths if WHO in client.get(path).content.decode()] == []


def test_control_operations_does_see_it(people: None, as_role: Callable[[str], Client]) -> None:
    client = as_role("Operations")

    assert {path for path, page in pages(client) if WHO in page.text} >= {"/orders/", "/orders/M-PO1/"}


def test_U22_no_address_or_title_of_a_page_holds_personal_data(people: None, root: Client) -> None:
    ours = {
        path: [link for link in [*page.links(), page.title] if WHO in link and "://" not in link]
        for path, page in pages(root)
    }

    assert {path: found for path, found in ours.items() if found} == {}


# --- error pages ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/nowhere/", "/orders/nobody/", "/deliveries/999999/", "/orders/%00/", "/orders/%ED%A0%80/"]
)
@pytest.mark.parametrize("who", ["root", "nobody"])
def test_U24_what_does_not_exist_is_a_page_of_ours_or_the_login(root: Client, path: str, who: str) -> None:
    answer = (root if who == "root" else Client()).get(path)

    assert answer.status_code == 404 or answer["Location"].startswith("/login/")
    assert [word for word in ("Traceback", "Django", "urlpatterns", "psycopg") if word in answer.content.decode()] == []


def test_U24_who_may_not_sees_a_page_that_says_so(as_role: Callable[[str], Client]) -> None:
    user = User.objects.create_user("no-role")
    client = Client()
    client.force_login(user)

    answer = client.get("/orders/")

    assert answer.status_code == 403
    assert "You may not see this" in answer.content.decode()


@pytest.mark.parametrize("path", ["/orders/", "/orders/M-PO1/", "/admin/orders/ordergroup/"])
def test_U24_a_fault_of_ours_is_a_page_without_its_cause(post: Post, root: Client, path: str) -> None:
    post(order_update("PO1"))
    root.get(path)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders_ordergroup RENAME TO orders_gone")

    answer = root.get(path)

    assert answer.status_code == 500
    assert [
        word for word in ("Traceback", "orders_", "SELECT", "psycopg", "sqlite") if word in answer.content.decode()
    ] == []
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "testserver@evil.example", "", "127.0.0.1:x"]
)
def test_U28_another_host_is_refused(client: Client, host: str) -> None:
    client.raise_request_exception = False

    answer = client.get("/login/", headers={"Host": host})

    assert answer.status_code == 400
    assert "evil" not in answer.content.decode()


def test_control_a_role_sees_what_it_should(filled: None) -> None:
    user = User.objects.create_user("viewer")
    user.groups.add(Group.objects.get(name="Viewer"))
    client = Client()
    client.force_login(user)

    assert json.dumps([client.get(path).status_code for path in ("/orders/", "/deliveries/")]) == "[200, 200]"

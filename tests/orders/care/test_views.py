"""What staff see and press: notes, tags, taking a purchase and giving it back."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from orders.actors import Actor
from orders.care import services
from orders.models import Act, ApiKey, Care, OrderGroup, Tag
from tests.conftest import order_update
from tests.forms import fields

pytestmark = pytest.mark.django_db
AsRole = Callable[[str], Client]
PAGE = "/orders/M-PO1/"


@pytest.fixture(autouse=True)
def purchase(post: Callable[..., Any]) -> None:
    """A purchase."""
    post(order_update("PO1", 130))


@pytest.fixture
def asha() -> User:
    """Somebody else of the staff."""
    return User.objects.create_user("asha")


def words(answer: Any) -> str:
    """The words of a page."""
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split()))


# --- notes ------------------------------------------------------------------------------------------------------------


def test_a_note_stands_in_the_timeline(as_role: AsRole) -> None:
    answer = as_role("Operations").post(f"{PAGE}note/", {"text": "  Calls back <at> six\n"}, follow=True)

    assert answer.redirect_chain == [(f"{PAGE}#timeline", 302)]
    assert "Note: “Calls back <at> six”" in words(answer)


@pytest.mark.parametrize("text", ["", "   ", "x" * 1001, "a\0b"])
def test_what_is_no_note_is_said_and_stays_in_the_form(as_role: AsRole, text: str) -> None:
    answer = as_role("Operations").post(f"{PAGE}note/", {"text": text})

    assert answer.status_code == 400
    assert 'class="wrong"' in answer.content.decode()
    assert fields(answer)["text"].strip() == text.strip()
    assert Act.objects.filter(kind="note").count() == 0


def test_who_may_not_see_personal_data_reads_no_note(as_role: AsRole) -> None:
    services.note("M-PO1", "Neighbour Sunita Kalpanik takes it, 98765 43210", by=Actor("asha"))
    key = ApiKey.issue("shop")[1]

    pages = [
        as_role("Viewer").get(PAGE).content.decode(),
        Client().get("/api/orders/M-PO1/", headers={"Authorization": f"Token {key}"}).content.decode(),
    ]

    assert all("Note: “" in html.unescape(page) for page in pages)
    assert [word for page in pages for word in ("Neighbour", "Sunita", "Kalpanik", "43210") if word in page] == []


# --- tags -------------------------------------------------------------------------------------------------------------


def test_a_tag_stands_on_the_page_and_leads_to_the_purchases_that_have_it(as_role: AsRole) -> None:
    browser = as_role("Operations")

    page = browser.post(f"{PAGE}tag/", {"tag": "  call   back "}, follow=True).content.decode()
    (link,) = re.findall(r'href="(/orders/\?tag=[^"]+)"', page)
    found = browser.get(link)

    assert "<bdi>call back</bdi>" in page
    assert 'href="/orders/M-PO1/"' in found.content.decode()
    assert "Tag call back" in words(found)


@pytest.mark.parametrize("tag", ["", " ", "x" * 31, "—", "a\0b"])
def test_what_is_no_tag_is_said(as_role: AsRole, tag: str) -> None:
    answer = as_role("Operations").post(f"{PAGE}tag/", {"tag": tag})

    assert (answer.status_code, Tag.objects.count()) == (400, 0)
    assert 'class="wrong"' in answer.content.decode()


def test_one_tag_too_many_is_said(as_role: AsRole) -> None:
    for number in range(services.MOST_TAGS):
        services.tag("M-PO1", f"tag {number}", by=Actor("asha"))

    answer = as_role("Operations").post(f"{PAGE}tag/", {"tag": "one more"})

    assert answer.status_code == 400
    assert "It has 10 tags, as many as it may have." in words(answer)


def test_a_tag_is_removed_with_its_button(as_role: AsRole) -> None:
    services.tag("M-PO1", "VIP", by=Actor("asha"))
    browser = as_role("Operations")

    page = browser.post(f"{PAGE}untag/", fields(browser.get(PAGE), having="word"), follow=True)

    assert Tag.objects.count() == 0
    assert "Tag “VIP” removed" in words(page)


def test_who_may_not_see_personal_data_reads_no_tag_and_finds_none_by_it(as_role: AsRole) -> None:
    services.tag("M-PO1", "Sunita", by=Actor("asha"))
    browser = as_role("Viewer")
    key = ApiKey.issue("shop")[1]

    page = browser.get(PAGE).content.decode()
    listed = browser.get("/orders/?tag=Sunita").content.decode()
    api = browser.get("/api/orders/?tag=Sunita", headers={"Authorization": f"Token {key}"}).json()

    assert "Sunita" not in page
    assert 'href="/orders/M-PO1/"' not in listed
    assert api["results"] == []


# --- taking -----------------------------------------------------------------------------------------------------------


def test_nobodys_purchase_is_taken_with_one_press_and_given_back_with_another(as_role: AsRole) -> None:
    browser = as_role("Operations")

    taken = browser.post(f"{PAGE}take/", {}, follow=True)
    given = browser.post(f"{PAGE}give-back/", {}, follow=True)

    assert "operations has it" in words(taken)
    assert "Give back" in words(taken)
    assert "No owner" in words(given)


def test_somebodys_purchase_is_taken_over_after_a_page_that_names_them(as_role: AsRole, asha: User) -> None:
    services.take("M-PO1", by=asha, instead_of=None)
    browser = as_role("Operations")

    asked = browser.get(f"{PAGE}take/")
    browser.post(f"{PAGE}take/", fields(asked, having="instead_of"))

    assert re.search(r"asha has it ?, since Today", words(asked))
    assert Care.objects.get().owner == User.objects.get(username="operations")


def test_U26_who_acts_on_an_old_page_is_told_and_takes_nothing(as_role: AsRole, asha: User) -> None:
    browser = as_role("Operations")
    page = fields(browser.get(f"{PAGE}take/"), having="instead_of")
    services.take("M-PO1", by=asha, instead_of=None)

    answer = browser.post(f"{PAGE}take/", page)

    assert answer.status_code == 409
    assert "Somebody else has taken it meanwhile; nothing was changed." in words(answer)
    assert "asha has it" in words(answer)
    assert Care.objects.get().owner == asha


def test_giving_back_what_somebody_has_taken_over_is_told(as_role: AsRole, asha: User) -> None:
    services.take("M-PO1", by=asha, instead_of=None)

    answer = as_role("Operations").post(f"{PAGE}give-back/", {}, follow=True)

    assert "asha has taken it meanwhile; nothing was changed." in words(answer)
    assert Care.objects.get().owner == asha


@pytest.mark.parametrize("said", ["x", "²", "9" * 40, "-1"])
def test_U21_no_value_breaks_taking(as_role: AsRole, asha: User, said: str) -> None:
    services.take("M-PO1", by=asha, instead_of=None)

    assert as_role("Operations").post(f"{PAGE}take/", {"instead_of": said}).status_code == 409


def test_a_viewer_reads_who_has_it_and_presses_nothing(as_role: AsRole, asha: User) -> None:
    services.take("M-PO1", by=asha, instead_of=None)

    page = as_role("Viewer").get(PAGE)

    assert "asha has it" in words(page)
    assert not [action for action in ("take/", "tag/", "note/", "give-back/") if action in page.content.decode()]


def test_nothing_of_it_stands_on_a_page_of_another_time(as_role: AsRole, asha: User) -> None:
    services.take("M-PO1", by=asha, instead_of=None)
    now = Care.objects.get().since
    assert now is not None

    page = as_role("Operations").get(PAGE, {"as_of": now.isoformat()}).content.decode()

    assert 'id="care"' not in page
    assert 'id="note"' not in page


# --- finding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owner", "found"),
    [
        ("~me", ["M-MINE"]),
        ("me", ["M-MINE"]),
        ("asha", ["M-HERS"]),
        ("~nobody", ["M-NONE", "M-PO1"]),
        ("nobody", ["M-NONE", "M-PO1"]),
        ("somebody", []),
        ("~asha", []),
        ("", "all"),
    ],
)
def test_the_list_is_filtered_by_owner(
    as_role: AsRole, asha: User, post: Callable[..., Any], owner: str, found: Any
) -> None:
    browser = as_role("Operations")
    for name in ("MINE", "HERS", "NONE"):
        post(order_update(name, 130))
    services.take("M-MINE", by=User.objects.get(username="operations"), instead_of=None)
    services.take("M-HERS", by=asha, instead_of=None)
    services.take("M-NONE", by=asha, instead_of=None)
    services.give_back("M-NONE", by=asha)

    page = browser.get("/orders/", {"owner": owner}).content.decode()

    every = sorted(OrderGroup.objects.values_list("pk", flat=True))
    assert sorted(set(re.findall(r'href="/orders/([\w-]+)/"', page))) == (every if found == "all" else found)


@pytest.mark.parametrize("name", ["me", "nobody"])
def test_a_user_who_is_called_like_a_word_is_not_taken_for_it(
    as_role: AsRole, post: Callable[..., Any], name: str
) -> None:
    browser = as_role("Operations")
    post(order_update("THEIRS", 130))
    services.take("M-THEIRS", by=User.objects.create_user(name), instead_of=None)

    def found(owner: str) -> list[str]:
        return [group.pk for group in browser.get("/orders/", {"owner": owner}).context["page"].rows]

    assert (found(name), found("~me"), found("~nobody")) == (["M-THEIRS"], [], ["M-PO1"])


def test_a_key_of_the_api_is_nobody_who_has_anything(asha: User) -> None:
    services.take("M-PO1", by=asha, instead_of=None)
    key = ApiKey.issue("shop")[1]

    def found(owner: str) -> int:
        answer = Client().get("/api/orders/", {"owner": owner}, headers={"Authorization": f"Token {key}"})
        return len(answer.json()["results"])

    assert [found(owner) for owner in ("~me", "me", "asha", "~nobody", "nobody")] == [0, 0, 1, 0, 0]

"""Who may open a page of the staff's, and how."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from orders.access import ACT, FORM, READ, staff_page

SEES, ACTS = "orders.view_ordergroup", "orders.change_groupedorder"


class Somebody(AnonymousUser):
    """A person with some permissions, whom no database needs to know."""

    is_authenticated = True

    def __init__(self, may: tuple[str, ...]) -> None:
        self.may = set(may)

    def has_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        return set(perm_list) <= self.may


def ask(
    *permissions: str, may: tuple[str, ...] | None, methods: tuple[str, ...] = READ, method: str = "GET"
) -> HttpResponse:
    """What a page answers to somebody; `may` none: to nobody in particular."""

    @staff_page(*permissions, methods=methods)
    def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse("shown")

    request = RequestFactory().generic(method, "/orders/")
    request.user = AnonymousUser() if may is None else Somebody(may)
    return page(request)


def test_who_has_not_signed_in_is_led_to_it() -> None:
    answer = ask(SEES, may=None)

    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=/orders/")


def test_who_has_every_permission_sees_the_page() -> None:
    assert ask(SEES, ACTS, may=(SEES, ACTS)).content == b"shown"


@pytest.mark.parametrize("may", [(), (SEES,), (ACTS,)])
def test_who_lacks_one_does_not(may: tuple[str, ...]) -> None:
    with pytest.raises(PermissionDenied):
        ask(SEES, ACTS, may=may)


def test_some_pages_ask_for_no_permission() -> None:
    assert ask(may=()).content == b"shown"


@pytest.mark.parametrize(
    ("methods", "taken"), [(READ, ["GET", "HEAD"]), (FORM, ["GET", "HEAD", "POST"]), (ACT, ["POST"])]
)
def test_a_page_takes_its_methods_alone(methods: tuple[str, ...], taken: list[str]) -> None:
    answers = {m: ask(methods=methods, method=m, may=()).status_code for m in ("GET", "HEAD", "POST", "PUT", "DELETE")}

    assert [method for method, code in answers.items() if code == 200] == taken
    assert set(answers.values()) == {200, 405}

"""The OpenAPI document and its page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from orders.models import ApiKey
from webhooks import nimbbl_schema
from webhooks.schema import ANSWERS, REFUSALS

pytestmark = pytest.mark.django_db


def test_the_document_is_for_who_holds_a_key(client: Client) -> None:
    secret = ApiKey.issue("shop")[1]

    answer = client.get("/api/schema/?format=json", headers={"Authorization": f"Token {secret}"})

    assert (answer.status_code, answer.json()["info"]["title"]) == (200, "onemg_portal")


@pytest.mark.parametrize("role", ["Viewer", "Operations", "Administrator"])
def test_the_document_is_for_staff(as_role: Callable[[str], Client], role: str) -> None:
    assert as_role(role).get("/api/schema/").status_code == 200


def test_U8_the_document_is_for_nobody_else(client: Client) -> None:
    assert client.get("/api/schema/").status_code == 401


def test_the_page_shows_every_operation_and_every_sample_answer_of_1mgs_doors(
    as_role: Callable[[str], Client],
) -> None:
    page = as_role("Viewer").get("/api/docs/").content.decode()

    wanted = ["/update-status/", "/api/orders/", "/api/orders/{merchant_order_id}/"]
    wanted += ["/transactions/{merchant_order_id}/", *(when for when, _words in REFUSALS.values())]
    wanted += [str(code) for code in ANSWERS] + [meaning.replace("'", "&#x27;") for meaning, *_rest in ANSWERS.values()]
    assert [text for text in wanted if text not in page] == []


def test_the_page_shows_what_nimbbl_is_answered(as_role: Callable[[str], Client]) -> None:
    page = as_role("Viewer").get("/api/docs/").content.decode()

    wanted = ["/nimbbl/events/", *(when for when, _message in nimbbl_schema.ANSWERS.values())]
    assert [text for text in wanted if text not in page] == []


def test_the_page_shows_every_filter(as_role: Callable[[str], Client]) -> None:
    page: Any = as_role("Viewer").get("/api/docs/").content.decode()

    names = ("q", "stage", "status", "mode", "city", "since", "until", "cursor", "page_size")
    assert [name for name in names if f">{name}<" not in page] == []

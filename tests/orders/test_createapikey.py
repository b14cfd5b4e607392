"""Making a key on the command line."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from orders.models import ApiKey

pytestmark = pytest.mark.django_db


def make(*arguments: str) -> tuple[str, str]:
    """Run the command; what it printed and what it said beside."""
    out, err = StringIO(), StringIO()
    call_command("createapikey", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_printed_key_opens_the_api(client: Client) -> None:
    printed, _said = make("shop")

    assert client.get("/api/orders/", headers={"Authorization": f"Token {printed.strip()}"}).status_code == 200


def test_the_key_alone_stands_on_standard_output() -> None:
    printed, said = make("shop")

    assert len(printed.split()) == 1
    assert printed.strip() not in said


@pytest.mark.parametrize(
    ("options", "rights"),
    [
        ([], (False, False)),
        (["--personal-data"], (True, False)),
        (["--write"], (False, True)),
        (["--personal-data", "--write"], (True, True)),
    ],
)
def test_the_rights_are_those_that_were_asked_for(options: list[str], rights: tuple[bool, bool]) -> None:
    make("shop", *options)

    assert ApiKey.objects.values_list("may_see_personal_data", "may_write").get() == rights


def test_a_name_is_given_once() -> None:
    make("shop")

    with pytest.raises(CommandError, match="already"):
        make("shop")

    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\0b"])
def test_a_name_that_cannot_be_kept_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(CommandError):
        make(name)

    assert ApiKey.objects.count() == 0

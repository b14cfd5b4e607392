"""`manage.py check_partners`: what it prints and how it ends, against partners and a portal on loopback."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.payments.partners import wire
from tests.payments.partners.wire import listening
from tests.payments.test_checks import SECRET
from tests.payments.test_probe import REFUSAL, dated, partners
from tests.server import PAYMENT_TOKEN, TOKEN

PARTNERS = ("1mg", "Nimbbl")


def command(*arguments: str, **changed: Any) -> tuple[int, str]:
    """Its exit code and what it printed, which holds no secret."""
    out, code = io.StringIO(), 0
    with partners(**changed):
        try:
            call_command("check_partners", *arguments, stdout=out)
        except SystemExit as end:
            code = int(end.code or 0)
    assert [secret for secret in (SECRET, TOKEN, PAYMENT_TOKEN) if secret in out.getvalue()] == []
    return code, out.getvalue()


def test_it_says_in_words_that_all_is_well() -> None:
    code, said = command(*PARTNERS)

    assert code == 0
    assert [line[:4] for line in said.splitlines()] == ["ok  "] * 11


def test_it_ends_with_1_where_something_is_wrong() -> None:
    code, said = command(nimbbl=dated(code=401, body=REFUSAL), onemg=wire.resetting())

    assert code == 1
    assert "FAILED     Nimbbl: token" in said


def test_it_ends_with_2_where_something_is_not_known() -> None:
    assert command(*PARTNERS, onemg=wire.resetting())[0] == 2


def test_it_may_be_asked_about_one_partner() -> None:
    code, said = command("Nimbbl", onemg=wire.resetting())

    assert (code, "1mg:" in said, "portal" in said) == (0, False, False)


def test_it_knows_no_other_partner() -> None:
    with pytest.raises(CommandError):
        command("paypal")


def test_it_speaks_json() -> None:
    code, said = command("--json", "1mg")

    told = json.loads(said)
    assert (code, told["verdict"], len(told["probes"])) == (0, "pass", 6)
    assert set(told["probes"][0]) == {"name", "verdict", "words", "hint"}


# --- the portal's own doors -------------------------------------------------------------------------------------------


def test_without_an_address_the_portals_own_doors_are_not_known_to_be_right() -> None:
    code, said = command()

    assert code == 2
    assert "not known  portal: address: Its own doors were not tried. Give --own-address https://<your host>" in said


@pytest.mark.django_db(transaction=True)
def test_the_portals_own_doors_are_tried_with_the_tokens_of_the_environment(live_server: Any) -> None:
    code, said = command("portal", "--own-address", live_server.url)

    assert code == 0
    assert [line[:4] for line in said.splitlines()] == ["ok  "] * 14


def test_a_portal_that_is_no_portal_ends_it_with_1() -> None:
    with listening(wire.answering(200, b"<html>")) as stranger:
        code, said = command("Portal", "--own-address", stranger.url)

    assert (code, "FAILED     POST /update-status/: a wrong token: It answers 200, and no JSON" in said) == (1, True)

"""JSON of 1mg's for who may not see personal data."""

from __future__ import annotations

import pytest

from orders.masking import harmless
from orders.masking.personal import NOBODY, Personal


def test_an_address_keeps_its_place_and_no_key_that_nobody_knows() -> None:
    address = {
        "city": "Pune",
        "pincode": "411001",
        "state": "MH",
        "country": "INDIA",
        "name": "Asha",
        "street1": "1",
        "contact_number": "9",
        "latitude": "18.5",
        "landmark": "",
        "locality": None,
        "new key": {"a": 1},
    }

    assert harmless.address(address) == {
        "city": "Pune",
        "pincode": "411001",
        "state": "MH",
        "country": "INDIA",
        "name": "••••",
        "street1": "••••",
        "contact_number": "••••",
        "latitude": "••••",
        "landmark": "",
        "locality": None,
    }


def test_of_a_payment_summary_amounts_and_words_of_1mgs_stay() -> None:
    said = {"mode": "Cod", "order_mrp": "376.00", "total_refund_due": None, "allow_payment_retry": False}

    assert harmless.summary(said, NOBODY) == said


def test_a_charge_keeps_its_words_without_people() -> None:
    known = Personal(names=frozenset({"Asha Rao"}))
    line = {"amount": "10.00", "display_text": "Gift for Asha Rao", "id": "7", "note": "x"}

    assert harmless.summary({"vas": [line]}, known) == {
        "vas": [{"amount": "10.00", "display_text": "Gift for ••••", "id": "7"}]
    }


@pytest.mark.parametrize("line", [None, "x", ["x"], 7])
def test_what_is_no_line_of_an_invoice_is_left_out(line: object) -> None:
    assert harmless.invoiced([line, {"mrp": "1", "name": "X"}], NOBODY) == [{"mrp": "1", "name": "••••"}]

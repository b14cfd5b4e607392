"""Columns that a spreadsheet adds at the end, and that say nothing, are none."""

from __future__ import annotations

from typing import Any

import pytest

from orders.models import OrderGroup
from tests.conftest import PAYLOADS
from tests.payments.registration.test_views import HEAD, browser, confirm, rows, unescape, upload

__all__ = ["browser"]
pytestmark = pytest.mark.django_db

FILE = (PAYLOADS / "cases" / "F23-trailing-columns.csv").read_text()
LINE = "CSV2,PCSV2,,ONLINE,652.36"
SHAPES = {
    "the case": FILE,
    "semicolons": FILE.replace(",", ";"),
    "blanks in them": f"{HEAD}, ,\u00a0\n{LINE},  ,\t\n",
    "in the header alone": f"{HEAD},,,\n{LINE}\n",
    "in the lines alone": f"{HEAD}\n{LINE},,,\n",
    "quoted": f'{HEAD},"",""\n{LINE},""," "\n',
    "more in one line than in another": f"{HEAD},\n{LINE},,,,,\n",
    "lines of nothing else": f"{HEAD},,\n,,,,,,\n{LINE},,\n,,,,,,\n\n ,\n",
    "empty lines before": f"\n\r\n{HEAD},,\n{LINE},,\n",
    "the mark of a spreadsheet": f"\ufeff{HEAD},,\r\n{LINE},,\r\n",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_F23_empty_columns_at_the_end_are_none(browser: Any, shape: str) -> None:
    page = confirm(browser, upload(browser, SHAPES[shape]))

    group = OrderGroup.objects.get()
    assert rows(page) == ["Registered"]
    assert (group.pk, group.onemg_order_id, str(group.payable_amount)) == ("CSV2", "PCSV2", "652.36")


@pytest.mark.parametrize("head", [HEAD, f"{HEAD},,"])
def test_F23_a_value_below_no_name_is_named_with_its_line(browser: Any, head: str) -> None:
    page = upload(browser, f"{head}\n{LINE},,\nM3,PO3,,COD,,,urgent\n")

    assert rows(page) == ["New", "Bad line"]
    assert "7 cells instead of 5. Column 7 has a value and no name." in page
    assert "<td>3</td>" in page


def test_F23_a_column_without_a_name_among_others_is_named(browser: Any) -> None:
    page = upload(browser, f"{HEAD.replace(',', ',,', 1)}\nM1,,PO1,,COD,\n")

    assert "Column 2 of the first line has no name." in unescape(page)


def test_F23_a_line_that_is_cut_short_is_no_line(browser: Any) -> None:
    page = upload(browser, f"{HEAD},,\nM1,PO1,,COD\n")

    assert rows(page) == ["Bad line"]
    assert "4 cells instead of 5." in page

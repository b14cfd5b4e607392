"""What may be an id, and what an address would give a meaning to."""

from __future__ import annotations

import pytest

from orders.ids import is_id


@pytest.mark.parametrize("text", ["M1", "PO29523371880004", "o_A1b2-C3", "0", "-", "a" * 64])
def test_an_id(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize("text", ["", "a" * 65, "a b", "a/b", "a\n", "\n", "á", "١", "a.b", "..", "%2e", "a?b", "a\0"])
def test_no_id(text: str) -> None:
    assert not is_id(text)

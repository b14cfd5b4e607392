"""Places that the apps above fill: with the page's own variables, in the order in which the apps start."""

from __future__ import annotations

from collections import defaultdict

import pytest
from django.template import Context, Engine

from orders import slots
from orders.slots import Slot

TEMPLATES = {"a.html": "<a>{{ group }}</a>", "b.html": "<b>{{ group }}</b>"}


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "_templates", defaultdict(list))
    monkeypatch.setattr(slots, "_links", {})


def page(name: str = "aside") -> str:
    """A page with a place in it."""
    loaders = [("django.template.loaders.locmem.Loader", TEMPLATES)]
    engine = Engine(loaders=loaders, builtins=["orders.templatetags.desk"])
    return engine.from_string(f'[{{% slot "{name}" %}}]').render(Context({"group": "M<1>"}))


def test_a_place_that_nobody_fills_is_empty() -> None:
    assert page() == "[]"


def test_templates_are_drawn_in_the_order_of_the_apps_with_what_the_page_has() -> None:
    slots.fill(Slot.ASIDE, "a.html")
    slots.fill(Slot.ASIDE, "b.html")
    slots.fill(Slot.BANNERS, "a.html")

    assert page() == "[<a>M&lt;1&gt;</a><b>M&lt;1&gt;</b>]"


def test_what_is_named_twice_is_drawn_once() -> None:
    slots.fill(Slot.ASIDE, "a.html")
    slots.fill(Slot.ASIDE, "a.html")

    assert page() == "[<a>M&lt;1&gt;</a>]"


def test_a_line_leads_where_its_reader_may_go() -> None:
    slots.link("orders.may", str)
    slots.link("orders.may_not", repr)

    assert slots.links_for(lambda permission: permission == "orders.may") == [str]


def test_a_place_that_there_is_not_is_an_error_of_ours() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        page("nowhere")

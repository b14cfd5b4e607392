"""axe finds nothing serious on any page of ours, wide and on a phone.

Django admin is not ours, and neither are its pages looked at. The API's page is ours: it is drawn without Swagger.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest

from tests.browser.conftest import drawn_once
from tests.browser.every_page import some_of_each_kind

pytestmark = [pytest.mark.django_db(transaction=True), drawn_once]
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
#: WCAG 2.2 AA, and what axe calls good practice; what it has switched off by itself is asked for by name.
ALL = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}, "label-content-name-mismatch": {"enabled": True}},
    "resultTypes": ["violations"],
}
#: The rules whose answer depends on where things stand: the others say the same at every width.
OF_PLACE = {"runOnly": {"type": "rule", "values": ["target-size", "scrollable-region-focusable", "link-in-text-block"]}}
LOOKS = ((1366, ALL), (390, OF_PLACE))


def test_case_F17_axe_finds_nothing_serious_on_any_page(hard: Any) -> None:
    found = []

    for name, open_page in some_of_each_kind():
        open_page(hard)
        hard.evaluate(AXE)
        for width, options in LOOKS:
            hard.set_viewport_size({"width": width, "height": 900})
            found += [f"{name[:60]} at {width} px: {what}" for what in violations(hard, options)]

    assert not found, "\n".join(found)


def test_control_axe_finds_what_is_serious(page: Any) -> None:
    page.set_content(
        "<html lang=en><title>t</title><main><h1>x</h1><button aria-label=Go>Send</button><img src=x></main>"
    )
    page.evaluate(AXE)

    found = {one.split()[0] for one in violations(page, ALL)}

    assert found == {"image-alt", "label-content-name-mismatch"}


def violations(page: Any, options: dict[str, Any]) -> list[str]:
    """What axe calls serious or critical, each element by its selector."""
    told = page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{rule['id']} at {' '.join(map(str, node['target']))}"
        for rule in told["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]

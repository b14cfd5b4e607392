"""The pictures of the README and of docs/desk.md, from demo data. `make screenshots`.

    python -m tests.screenshots [DIRECTORY]

Brings up what `make run` brings up, on a database of its own, waits until the sandbox has played purchases into every
queue, and goes to each page as somebody of the staff does. Nothing in the pictures is about anybody.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests import server

PICTURES = server.ROOT / "docs" / "img"
WIDE, NARROW = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
#: So long the sandbox may take to play its first purchases.
PATIENCE = 300


@dataclass(frozen=True)
class Picture:
    """One file: who looks at what, on which screen."""

    name: str
    go: Callable[[Any], Any]
    screen: dict[str, int]
    scheme: str = "light"
    whole: bool = False


def _open(path: str) -> Callable[[Any], Any]:
    return lambda page: page.goto(path)


def _first_of(cause: str) -> Callable[[Any], Any]:
    """The purchase that needs somebody for that the longest."""

    def go(page: Any) -> None:
        page.goto(f"/?cause={cause}")
        page.locator("main a.go").first.click()
        page.wait_for_load_state()

    return go


def _confirm(page: Any) -> None:
    """The page before the confirmation of a purchase with which nothing is wrong."""
    page.goto("/?cause=to_confirm")
    page.locator("main tbody", has_text="CONFIRM-ME").first.locator("a.btn").click()
    page.wait_for_load_state()


PICTURES_OF = (
    Picture("now", _open("/"), WIDE),
    Picture("now-dark", _open("/"), WIDE, scheme="dark"),
    Picture("now-narrow", _open("/"), NARROW),
    Picture("orders", _open("/orders/"), WIDE),
    Picture("purchase", _first_of("late"), WIDE, whole=True),
    Picture("purchase-narrow", _first_of("rx_rejected"), NARROW),
    Picture("confirm", _confirm, WIDE),
    Picture("prescriptions", _open("/prescriptions/"), WIDE),
    Picture("refunds", _open("/refunds/"), WIDE),
    Picture("money", _open("/money/"), WIDE),
)


def main() -> None:
    """Take all of them."""
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    directory.mkdir(parents=True, exist_ok=True)
    with _portal() as (address, password), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        _wait_for_demo(browser, address, password)
        for picture in PICTURES_OF:
            _take(browser, picture, address, password, directory)
            print(f"{directory / picture.name}.png")
        browser.close()


def _take(browser: Any, picture: Picture, address: str, password: str, directory: Path) -> None:
    page = _signed_in(browser, address, password, viewport=picture.screen, color_scheme=picture.scheme)
    picture.go(page)
    page.screenshot(path=directory / f"{picture.name}.png", full_page=picture.whole)
    page.context.close()


def _signed_in(browser: Any, address: str, password: str, **how: Any) -> Any:
    page = browser.new_context(base_url=address, **how).new_page()
    page.goto("/login/")
    page.fill("[name=username]", "asha")
    page.fill("[name=password]", password)
    page.click("button")
    page.wait_for_load_state()
    return page


def _wait_for_demo(browser: Any, address: str, password: str) -> None:
    """Until every queue that a picture is of has purchases."""
    page = _signed_in(browser, address, password)
    ending = time.monotonic() + PATIENCE
    for cause in ("late", "rx_rejected", "to_confirm", "refund"):
        while page.goto(f"/?cause={cause}") and not page.locator("main a.go").count():
            assert time.monotonic() < ending, f"the sandbox has played nothing of {cause}"
            time.sleep(1)
    page.context.close()


@contextmanager
def _portal() -> Iterator[tuple[str, str]]:
    """The address of a portal that `make run` would bring up, and asha's password."""
    with tempfile.TemporaryDirectory(prefix="portal-pictures-") as directory:
        output, port = Path(directory, "output"), server.free_port()
        environment = server.environment(f"sqlite:///{directory}/db.sqlite3", DEBUG="true", PORT=str(port))
        command = [sys.executable, "manage.py", "run"]
        with output.open("wb") as out:
            process = subprocess.Popen(command, cwd=server.ROOT, env=environment, stdout=out, stderr=out)
        try:
            yield f"http://127.0.0.1:{port}", _password(process, output)
        finally:
            process.terminate()
            process.wait(60)


def _password(process: subprocess.Popen[bytes], output: Path) -> str:
    ending = time.monotonic() + PATIENCE
    while time.monotonic() < ending and process.poll() is None:
        said = output.read_text()
        if "The portal is up" in said and (found := re.search(r"asha\s+\w+\s+(\S+)", said)):
            return found[1]
        time.sleep(0.2)
    raise RuntimeError(output.read_text())


if __name__ == "__main__":
    main()

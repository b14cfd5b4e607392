"""`manage.py check_partners` as an administrator runs it, against what `make serve` starts."""

from __future__ import annotations

from tests.faults.doors.portal import Portal
from tests.server import PAYMENT_TOKEN, TOKEN, manage


def test_the_running_portals_doors_are_proved_from_outside(portal: Portal) -> None:
    before = portal.last()

    done = manage(
        portal.store.url, "check_partners", "portal", "--own-address", f"http://127.0.0.1:{portal.server.port}"
    )

    lines = [line[:9].strip() for line in done.stdout.splitlines()]
    assert (lines, done.returncode) == (["ok"] * 8 + ["not known"], 2)  # Nimbbl is not configured here
    assert [token for token in (TOKEN, PAYMENT_TOKEN) if token in done.stdout + done.stderr] == []
    assert portal.since(before) == []

"""Which order is treated how by the partners of the sandbox. What the kinds are: `kinds.KINDS`.

A kind is chosen for an order with `Partners.misbehave`, or by the order's own id, for whoever sits at the browser: an
id that ends in `-as-<kind>` (`PO7-as-order-not-found`) is known to the partners and treated so. `GET /_sandbox/` prints
the list.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from onemg_portal.sandbox.partners.kinds import KINDS

MARK: Final = "-as-"
ENDPOINTS: Final = (None, "confirm", "cancel", "track", "token", "update", "enquiry", "refund")


@dataclass(slots=True)
class Rule:
    """One chosen misbehaviour: of which endpoint (any), for how many requests (all), and its options.

    `during` is called while the portal waits, before the kind does its part.
    """

    kind: str
    on: str | None = None
    times: int | None = None
    during: Callable[[], object] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    met: int = 0


class Rules:
    """The chosen misbehaviour of each order. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: dict[str, list[Rule]] = {}

    def add(self, order_id: str, rule: Rule) -> None:
        """Choose; the latest choice for an endpoint is asked first.

        Raises `KeyError` for a kind or an endpoint that there is not, `TypeError` for an option that the kind has not.
        """
        if rule.kind not in KINDS or rule.on not in ENDPOINTS:
            raise KeyError(rule.kind if rule.kind not in KINDS else rule.on)
        inspect.signature(KINDS[rule.kind]).bind(None, **rule.options)
        with self._lock:
            self._rules.setdefault(order_id, []).insert(0, rule)

    def clear(self, order_id: str) -> None:
        """Behave again."""
        with self._lock:
            self._rules.pop(order_id, None)

    def take(self, ids: tuple[str, ...], on: str) -> Rule | None:
        """What is to be done to this request, by the first of the ids that something was chosen for."""
        with self._lock:
            for order_id in ids:
                for rule in self._rules.get(order_id, ()):
                    if rule.on in (None, on) and (rule.times is None or rule.met < rule.times):
                        rule.met += 1
                        return replace(rule)
                if (kind := kind_of_id(order_id)) and order_id not in self._rules:
                    self._rules[order_id] = [Rule(kind, met=1)]
                    return Rule(kind, met=1)
        return None


def kind_of_id(order_id: str) -> str | None:
    """The kind that an id asks for."""
    _, mark, kind = order_id.rpartition(MARK)
    return kind if mark and kind in KINDS else None


def listed() -> str:
    """Every kind with what it does, a line each."""
    width = max(map(len, KINDS))
    return "".join(f"{name:<{width}}  {(kind.__doc__ or '').splitlines()[0]}\n" for name, kind in KINDS.items())

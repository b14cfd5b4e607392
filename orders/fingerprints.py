"""Names for the content of an order's lists. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from orders.updates import Invoices, Skus


def fingerprint(part: Skus | Invoices) -> str:
    """A short name for a list's content, so that an unchanged one is not written again.

    The keys of an object of JSON stand in no order, the items of a list do. These names stand in rows: medicines that
    could be told before repetitions were have the name that they had then.
    """
    said = _text_of_invoices(part) if isinstance(part, Invoices) else _text_of_skus(part)
    return hashlib.blake2b(said.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()


def _text_of_invoices(part: Invoices) -> str:
    return json.dumps([asdict(line) for line in part.lines], sort_keys=True, separators=(",", ":"))


def _text_of_skus(part: Skus) -> str:
    said = repr(part)
    return said + repr([line.again for line in part.lines]) if any(line.again for line in part.lines) else said

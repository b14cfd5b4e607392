"""Where a line of a purchase's story leads to at the calls."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from orders.slots import Link
from orders.story import Line


def to_call(line: Line) -> Link | None:
    """The call that the line is about."""
    if line.act is None or line.act.call_id is None:
        return None
    call_id = line.act.call_id
    return _("call #%(id)s") % {"id": call_id}, reverse("payments:call", args=[call_id])

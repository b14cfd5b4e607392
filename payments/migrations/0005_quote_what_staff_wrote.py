"""Put what staff wrote between quotation marks in the sentences that hold it, since what is quoted is masked.

The code before writes them without; what it writes while both run is masked by what the purchase's people are called.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.models import Q

BY_STAFF = ("person", "resend")


def quoted(sentence: str, why: str) -> str:
    """`It worked, says asha: seen on the phone` -> `It worked, says asha: “seen on the phone”`."""
    return f"{sentence.removesuffix(why)}“{why}”" if why and sentence.endswith(f": {why}") else sentence


def quote(apps: Any, schema_editor: Any) -> None:
    """The sentence of each call that staff gave a reason for or settled, wherever it was repeated."""
    calls = apps.get_model("payments", "PartnerCall").objects
    groups = apps.get_model("orders", "OrderGroup").objects
    acts = apps.get_model("orders", "Act").objects
    for call in calls.filter(Q(settled_by__in=BY_STAFF) | ~Q(why="")).order_by():
        settled = call.settled_reason.partition(": ")[2] if call.settled_by in BY_STAFF else ""
        reason = quoted(call.settled_reason, settled)
        for act in acts.filter(call_id=call.pk):
            if act.params.get("reason") == call.settled_reason:
                act.params["reason"] = reason
            act.text = quoted(quoted(act.text, settled), call.why)
            act.save(update_fields=["params", "text"])
        told = acts.filter(call_id=call.pk).values("group")
        groups.filter(pk__in=told, confirmation_reason=call.settled_reason).update(confirmation_reason=reason)
        calls.filter(pk=call.pk).update(settled_reason=reason)


class Migration(migrations.Migration):
    dependencies = [("payments", "0004_what_nimbbl_answered"), ("orders", "0011_words")]

    operations = [migrations.RunPython(quote, migrations.RunPython.noop, elidable=True)]

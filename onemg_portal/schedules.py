"""What the worker does by the clock."""

from __future__ import annotations

from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connections

#: Name -> the function that the worker runs every minute.
SWEEPS: Final = {
    "sweep pending deliveries": "webhooks.tasks.sweep_pending",
    "take in Nimbbl's events that were left": "webhooks.tasks.sweep_events",
    "sweep calls to the partners": "payments.tasks.sweep_calls",
    "ask Nimbbl about what is open": "payments.tasks.ask_about_payments",
    "end questions that 1mg has answered": "orders.asks.tasks.end_moved_asks",
    "fill in updates of the code before": "webhooks.tasks.fill_newest",
}


def schedule_sweeps(using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Have the worker run the sweeps every minute, unless that is scheduled already, and nothing else by the clock.

    It refuses whatever else a row names; one that cannot be read would even keep it from the sweeps.

    After each `migrate` rather than in a migration, so that a schedule deleted by mistake comes back with the next
    deployment, and nothing depends on the numbering of the queue's own migrations.
    """
    from django_q.models import Schedule

    if Schedule._meta.db_table not in connections[using].introspection.table_names():
        return  # `migrate webhooks` on an empty database: the queue's tables come later
    Schedule.objects.using(using).exclude(func__in=SWEEPS.values()).delete()
    for name, job in SWEEPS.items():
        if not Schedule.objects.using(using).filter(name=name).exists():
            Schedule.objects.using(using).create(name=name, func=job, schedule_type=Schedule.MINUTES, minutes=1)

"""The front door."""

from typing import Any, Final

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.signals import post_migrate


class WebhooksConfig(AppConfig):
    """Webhooks."""

    name = "webhooks"

    def ready(self) -> None:
        """Register the checks, the OpenAPI names of our tokens and the reader of what is kept.

        Roles and schedules are made after each `migrate`.
        """
        from orders import kept
        from webhooks import checks, extensions, replay, roles  # noqa: F401

        kept.read_with(replay.read)
        post_migrate.connect(roles.make_roles, sender=self)
        post_migrate.connect(schedule_sweeps, sender=self)


#: What the worker does every minute.
SWEEPS: Final = {
    "sweep pending deliveries": "webhooks.tasks.sweep_pending",
    "sweep calls to the partners": "payments.tasks.sweep_calls",
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

"""The wiring."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate, post_save, pre_save


class PortalConfig(AppConfig):
    """What is set up once in every process."""

    name = "onemg_portal"

    def ready(self) -> None:
        """Keep our files private, the queue's rows from naming code, and wrong sign-ins from being written down.

        After each `migrate`, make the roles and the schedules that are missing. The signal of the last app, since the
        roles span the permissions of all, which are made app by app, ours before the others.
        """
        from axes.models import AccessAttempt
        from django_q import signals
        from django_q.models import Task

        from onemg_portal import checks, files, locks, queue, roles, schedules  # noqa: F401

        files.keep_private()
        pre_save.connect(locks.forget_what_was_typed, sender=AccessAttempt)
        signals.pre_enqueue.connect(queue.keep_to_the_point)
        post_save.disconnect(signals.call_hook, sender=Task)  # it runs whatever function a job's row names
        last = apps.get_app_config("webhooks")
        post_migrate.connect(roles.make_roles, sender=last)
        post_migrate.connect(schedules.schedule_sweeps, sender=last)

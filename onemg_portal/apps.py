"""The wiring."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """What is set up once in every process."""

    name = "onemg_portal"

    def ready(self) -> None:
        """Keep our files private, the queue's rows from naming code, and wrong sign-ins from being written down."""
        from axes.models import AccessAttempt
        from django.db.models.signals import post_save, pre_save
        from django_q import signals
        from django_q.models import Task

        from onemg_portal import files, locks, queue

        files.keep_private()
        pre_save.connect(locks.forget_what_was_typed, sender=AccessAttempt)
        signals.pre_enqueue.connect(queue.keep_to_the_point)
        post_save.disconnect(signals.call_hook, sender=Task)  # it runs whatever function a job's row names

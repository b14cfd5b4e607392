"""The wiring."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """What is set up once in every process."""

    name = "onemg_portal"

    def ready(self) -> None:
        """Keep the queue's rows from naming code that is run."""
        from django.db.models.signals import post_save
        from django_q import signals
        from django_q.models import Task

        from onemg_portal import queue

        signals.pre_enqueue.connect(queue.keep_to_the_point)
        post_save.disconnect(signals.call_hook, sender=Task)  # it runs whatever function a job's row names

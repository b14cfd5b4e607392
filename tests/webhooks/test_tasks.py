"""The job of every minute."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler

from onemg_portal import schedules
from tests.webhooks.test_services import left_behind, outcome, two
from webhooks import tasks

pytestmark = pytest.mark.django_db


def test_the_job_finishes_what_was_left() -> None:
    delivery = left_behind(two())

    assert (tasks.sweep_pending(), outcome(delivery)) == (1, "applied")


def test_it_is_scheduled_every_minute_for_ever() -> None:
    schedule = Schedule.objects.get(func="webhooks.tasks.sweep_pending")

    assert (schedule.schedule_type, schedule.minutes, schedule.repeats) == (Schedule.MINUTES, 1, -1)


def test_migrating_again_schedules_it_once() -> None:
    call_command("migrate", verbosity=0)

    assert Schedule.objects.filter(func="webhooks.tasks.sweep_pending").count() == 1


def test_a_schedule_that_was_deleted_comes_back_with_the_next_migrate() -> None:
    Schedule.objects.all().delete()

    call_command("migrate", verbosity=0)

    assert Schedule.objects.filter(func="webhooks.tasks.sweep_pending").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_scheduler_puts_the_jobs_into_the_queue() -> None:
    Schedule.objects.update(next_run=timezone.now() - timedelta(seconds=5))

    scheduler()

    assert sorted(queued.func() for queued in OrmQ.objects.all()) == sorted(schedules.SWEEPS.values())

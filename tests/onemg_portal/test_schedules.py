"""What the worker does by the clock."""

from __future__ import annotations

import pytest
from django.utils.module_loading import import_string
from django_q.models import Schedule

from onemg_portal.schedules import SWEEPS, schedule_sweeps

pytestmark = pytest.mark.django_db


def scheduled() -> dict[str, str]:
    """Name -> function."""
    return dict(Schedule.objects.values_list("name", "func"))


def test_migrate_has_scheduled_every_sweep_once() -> None:
    assert scheduled() == SWEEPS
    assert set(Schedule.objects.values_list("schedule_type", "minutes")) == {(Schedule.MINUTES, 1)}


@pytest.mark.parametrize("job", SWEEPS.values())
def test_each_is_a_function_without_arguments(job: str) -> None:
    import_string(job)()


def test_a_schedule_that_was_deleted_comes_back_and_any_other_goes() -> None:
    Schedule.objects.filter(name=min(SWEEPS)).delete()
    Schedule.objects.create(name="mine", func="os.system", schedule_type=Schedule.MINUTES, minutes=1)

    schedule_sweeps()

    assert scheduled() == SWEEPS


def test_one_that_was_put_off_stays_as_it_is() -> None:
    Schedule.objects.filter(name=min(SWEEPS)).update(minutes=5)

    schedule_sweeps()

    assert Schedule.objects.get(name=min(SWEEPS)).minutes == 5

"""Nobody gives, and nobody takes over, what they do not hold themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, Permission, User

from onemg_portal import rights

pytestmark = pytest.mark.django_db
ROLES = ("Viewer", "Operations", "Administrator")
Staff = Callable[[str], User]


def test_a_role_holds_what_the_one_below_it_holds(staff: Staff) -> None:
    people = {role: staff(role) for role in ROLES}

    found = {(a, b) for a in ROLES for b in ROLES if rights.within(people[a], people[b])}

    assert found == {(a, b) for i, a in enumerate(ROLES) for b in ROLES[i:]}


def test_a_right_given_singly_counts(staff: Staff) -> None:
    viewer, operations = staff("Viewer"), staff("Operations")
    viewer.user_permissions.add(Permission.objects.get(codename="delete_user"))

    assert not rights.within(viewer, operations)


def test_an_account_that_is_switched_off_holds_what_it_will_hold_again(staff: Staff) -> None:
    administrator, viewer = staff("Administrator"), staff("Viewer")
    administrator.is_active = False
    administrator.save()

    assert not rights.within(administrator, viewer)


def test_a_superuser_is_within_superusers_alone(staff: Staff) -> None:
    root = User.objects.create_superuser("root")

    assert (rights.within(root, staff("Administrator")), rights.within(root, root)) == (False, True)


@pytest.mark.parametrize(
    ("role", "given"), [("Viewer", ROLES[:1]), ("Operations", ROLES[:2]), ("Administrator", ROLES)]
)
def test_the_roles_that_a_person_may_give(staff: Staff, role: str, given: tuple[str, ...]) -> None:
    found = rights.roles_within(staff(role)).filter(name__in=ROLES)

    assert sorted(found.values_list("name", flat=True)) == sorted(given)


def test_a_superuser_may_give_every_role() -> None:
    assert set(rights.roles_within(User(is_superuser=True))) == set(Group.objects.all())

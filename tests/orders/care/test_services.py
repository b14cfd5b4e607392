"""Notes, tags and who looks after a purchase: one door, of which two presses at once let one through."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from orders import acts
from orders.actors import Actor
from orders.care import services
from orders.care.services import MOST_TAGS, TakenMeanwhile, TooManyTags
from orders.models import Act, Care, OrderGroup, Tag

ASHA = Actor("asha")
pytestmark = pytest.mark.django_db


@pytest.fixture
def purchase() -> str:
    """A purchase."""
    return OrderGroup.objects.create(merchant_order_id="M1", first_seen_at=timezone.now()).pk


@pytest.fixture
def asha(purchase: str) -> User:
    return User.objects.create_user("asha")


@pytest.fixture
def ravi(purchase: str) -> User:
    return User.objects.create_user("ravi")


def story() -> list[tuple[str, str | None]]:
    """What the acts tell, and of whom."""
    told = Act.objects.filter(group="M1").select_related("actor").order_by("pk")
    return [(acts.text_of(act), act.actor and act.actor.get_username()) for act in told]


def owner() -> str:
    """Who looks after the purchase."""
    care = Care.objects.select_related("owner").get()
    return care.owner.get_username() if care.owner else ""


# --- notes and tags ---------------------------------------------------------------------------------------------------


def test_a_note_is_told_in_quotes_with_its_author(asha: User) -> None:
    services.note("M1", "Calls back at six", by=Actor.of(asha))

    assert story() == [("Note: “Calls back at six”", "asha")]


def test_two_equal_notes_are_two(purchase: str) -> None:
    services.note("M1", "No answer", by=ASHA)
    services.note("M1", "No answer", by=ASHA)

    assert len(story()) == 2


def test_a_tag_is_put_on_once_however_it_is_spelt(purchase: str) -> None:
    done = [services.tag("M1", text, by=ASHA) for text in ("Call back", "call BACK", "Ｃａｌｌ back")]

    assert done == [True, False, False]
    assert list(Tag.objects.values_list("text", "word")) == [("Call back", "call back")]
    assert story() == [("Tagged “Call back”", None)]


def test_a_tag_is_spelt_as_it_was_elsewhere(purchase: str) -> None:
    other = OrderGroup.objects.create(merchant_order_id="M2", first_seen_at=timezone.now())
    services.tag("M1", "VIP", by=ASHA)

    services.tag(other.pk, "vip", by=ASHA)

    assert Tag.objects.get(group=other).text == "VIP"
    assert services.tags_in_use() == ["VIP"]


def test_a_tag_is_taken_off_once(purchase: str) -> None:
    services.tag("M1", "VIP", by=ASHA)

    done = [services.untag("M1", "vip", by=ASHA) for _ in range(2)]

    assert (done, Tag.objects.count()) == ([True, False], 0)
    assert [text for text, _by in story()] == ["Tagged “VIP”", "Tag “VIP” removed"]


def test_a_purchase_has_no_more_tags_than_it_may_have(purchase: str) -> None:
    for number in range(MOST_TAGS):
        services.tag("M1", f"tag {number}", by=ASHA)

    with pytest.raises(TooManyTags):
        services.tag("M1", "one more", by=ASHA)

    assert Tag.objects.count() == len(story()) == MOST_TAGS


# --- taking -----------------------------------------------------------------------------------------------------------


def test_who_takes_a_purchase_that_nobody_has_has_it(asha: User) -> None:
    done = services.take("M1", by=asha, instead_of=None)

    care = Care.objects.get()
    assert (done, owner()) == (True, "asha")
    assert care.since is not None
    assert story() == [("Taken", "asha")]


def test_taking_what_one_has_changes_nothing(asha: User) -> None:
    services.take("M1", by=asha, instead_of=None)
    since = Care.objects.get().since

    done = services.take("M1", by=asha, instead_of=None)

    assert (done, len(story()), Care.objects.get().since) == (False, 1, since)


def test_who_has_read_whose_it_is_takes_it_over(asha: User, ravi: User) -> None:
    services.take("M1", by=asha, instead_of=None)

    services.take("M1", by=ravi, instead_of=asha.pk)

    assert owner() == "ravi"
    assert story()[1] == ("Taken over from asha", "ravi")


def test_who_has_not_read_whose_it_is_by_now_changes_nothing(asha: User, ravi: User) -> None:
    services.take("M1", by=asha, instead_of=None)

    with pytest.raises(TakenMeanwhile) as raised:
        services.take("M1", by=ravi, instead_of=None)

    assert raised.value.care.owner == asha
    assert (owner(), len(story())) == ("asha", 1)


def test_what_was_given_back_meanwhile_can_be_taken(asha: User, ravi: User) -> None:
    services.take("M1", by=asha, instead_of=None)
    services.give_back("M1", by=asha)

    services.take("M1", by=ravi, instead_of=asha.pk)

    assert owner() == "ravi"


def test_only_its_owner_gives_a_purchase_back(asha: User, ravi: User) -> None:
    services.take("M1", by=asha, instead_of=None)

    with pytest.raises(TakenMeanwhile):
        services.give_back("M1", by=ravi)
    done = [services.give_back("M1", by=asha) for _ in range(2)]

    assert (done, owner(), Care.objects.get().since) == ([True, False], "", None)
    assert story()[1:] == [("Given back", "asha")]


def test_of_whoever_has_left_the_staff_a_purchase_is_nobodys(asha: User, ravi: User) -> None:
    services.take("M1", by=asha, instead_of=None)
    asha.delete()

    services.take("M1", by=ravi, instead_of=None)

    assert owner() == "ravi"


# --- at once ----------------------------------------------------------------------------------------------------------

CROWD = 8


def taken_at_once(take: Callable[[User], bool]) -> int:
    """How many of a crowd of staff, each at the same instant, have been told that the purchase is theirs."""
    staff = [User.objects.create_user(f"member{n}") for n in range(CROWD)]
    gate = threading.Barrier(CROWD, timeout=60)

    def one(user: User) -> bool:
        gate.wait()
        try:
            return take(user)
        except TakenMeanwhile:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(CROWD) as pool:
        return sum(pool.map(one, staff))


@pytest.mark.django_db(transaction=True)
def test_of_those_who_take_a_purchase_at_once_one_has_it(purchase: str) -> None:
    winners = taken_at_once(lambda user: services.take("M1", by=user, instead_of=None))

    assert winners == 1
    assert [(text, by == owner()) for text, by in story()] == [("Taken", True)]


@pytest.mark.django_db(transaction=True)
def test_control_to_look_and_then_write_tells_several_that_it_is_theirs(purchase: str) -> None:
    Care.objects.create(group_id="M1")
    looked = threading.Barrier(CROWD, timeout=60)

    def look_then_write(user: User) -> bool:
        free = Care.objects.get().owner_id is None
        looked.wait()
        with transaction.atomic():
            Care.objects.update(owner=user)
        return free

    assert taken_at_once(look_then_write) > 1

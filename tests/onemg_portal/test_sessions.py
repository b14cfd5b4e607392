"""Two requests of one browser at one time: neither takes back what the other has kept with the session."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from onemg_portal.sessions import SessionStore

pytestmark = pytest.mark.django_db


def kept(**words: Any) -> str:
    """A session that keeps these words; its key."""
    session = SessionStore()
    session.update(words)
    session.save()
    assert session.session_key
    return session.session_key


def two_at_once(store: type[db.SessionStore], key: str) -> tuple[db.SessionStore, db.SessionStore]:
    """What two requests have read of it before either writes."""
    one, other = store(key), store(key)
    assert dict(one.items()) == dict(other.items())
    return one, other


def test_each_of_two_keeps_what_it_wrote() -> None:
    key = kept(name="asha")
    one, other = two_at_once(SessionStore, key)

    one["searches"] = {"a": "M1"}
    one.save()
    other["found"] = ["M2"]
    other.save()

    assert dict(SessionStore(key).items()) == {"name": "asha", "searches": {"a": "M1"}, "found": ["M2"]}


def test_control_djangos_own_takes_back_what_the_other_kept() -> None:
    key = kept(name="asha")
    one, other = two_at_once(db.SessionStore, key)

    one["searches"] = {"a": "M1"}
    one.save()
    other["found"] = ["M2"]
    other.save()

    assert "searches" not in dict(SessionStore(key).items())


def test_what_one_took_away_does_not_come_back() -> None:
    key = kept(shown="M1")
    one, other = two_at_once(SessionStore, key)

    del one["shown"]
    one.save()
    other["found"] = ["M2"]
    other.save()

    assert dict(SessionStore(key).items()) == {"found": ["M2"]}


def test_of_one_key_the_last_word_stands() -> None:
    key = kept(shown="M1")
    one, other = two_at_once(SessionStore, key)

    one["shown"] = "M2"
    one.save()
    other["shown"] = "M3"
    other.save()

    assert SessionStore(key)["shown"] == "M3"


def test_a_value_that_is_changed_within_is_a_change() -> None:
    key = kept(searches={"a": "M1"})
    one, other = two_at_once(SessionStore, key)

    one["searches"]["b"] = "M2"
    one.save()
    other["found"] = ["M3"]
    other.save()

    assert SessionStore(key)["searches"] == {"a": "M1", "b": "M2"}


def test_one_that_writes_twice_keeps_both() -> None:
    session = SessionStore(kept(name="asha"))

    session["a"] = 1
    session.save()
    session["b"] = 2
    session.save()

    assert dict(SessionStore(session.session_key).items()) == {"name": "asha", "a": 1, "b": 2}


def test_a_new_key_after_signing_in_keeps_what_was_kept() -> None:
    session = SessionStore(kept(name="asha"))
    old = session.session_key

    session.cycle_key()
    session["more"] = 1
    session.save()

    assert dict(SessionStore(session.session_key).items()) == {"name": "asha", "more": 1}
    assert not Session.objects.filter(pk=old).exists()


def test_a_session_that_has_ended_meanwhile_does_not_come_back() -> None:
    key = kept(name="asha")
    session = SessionStore(key)
    session["found"] = ["M1"]
    Session.objects.all().delete()

    with pytest.raises(UpdateError):
        session.save()

    assert not Session.objects.filter(pk=key).exists()


def test_signing_in_and_out_leaves_nothing_behind(staff: Any) -> None:
    client = Client()
    client.force_login(staff("Operations"))

    client.post("/find/", {"q": "nobody"})
    client.post("/logout/")

    assert not Session.objects.exists()


# --- in the same instant ----------------------------------------------------------------------------------------------


def in_one_instant(store: type[db.SessionStore], crowd: int = 8) -> set[str]:
    """Each of a crowd has read the session before any writes its own key; the keys that stand afterwards."""
    key, start = kept(), Barrier(crowd)

    def write(number: int) -> None:
        try:
            session = store(key)
            session[f"key{number}"] = number
            start.wait(30)
            session.save()
        finally:
            connection.close()

    with ThreadPoolExecutor(crowd) as threads:
        list(threads.map(write, range(crowd)))
    return set(SessionStore(key).keys())


@pytest.mark.django_db(transaction=True)
def test_of_a_crowd_everybody_keeps_their_own() -> None:
    for _ in range(5):
        assert in_one_instant(SessionStore) == {f"key{number}" for number in range(8)}


@pytest.mark.django_db(transaction=True)
def test_control_of_a_crowd_djangos_own_keeps_one() -> None:
    assert len(in_one_instant(db.SessionStore)) == 1

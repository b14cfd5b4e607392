"""Plays a day of stories: posts every update to the portal over HTTP as 1mg would, also twice, late and again.

plan(stories, ...)   pure: which body is posted when, and which of them again or late
Player.play(plan)    posts them, one line each, and says what came of it
Player.add(dues)     while it plays, from any thread: what a confirmation sets off, and errands besides
"""

from __future__ import annotations

import heapq
import itertools
import json
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import requests

from onemg_portal.sandbox.day.stories import Step, Story
from orders.statuses import status_of

#: What lies in the past when the play begins is posted within so many seconds.
CATCH_UP_SECONDS: Final = 10.0
AGAIN: Final = 0.15
LATE: Final = 0.10
#: 1mg sends a refused update again "after some time"; here after `Player.retry_after` seconds, then twice that, ...
TRIES: Final = 8
LONGEST_WAIT: Final = 60.0
#: Seconds between two looks whether it is to stop.
LOOK_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Post:
    """One POST of the plan. `due` in seconds after the start; `manner` is empty, "again" or "late"."""

    due: float
    purchase: str
    words: str
    body: bytes
    manner: str = ""
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Errand:
    """Something else to be done, `due` in seconds after the start: `act` says whether it is done, or it comes again."""

    due: float
    act: Callable[[], bool]
    tries: int = 0


Due = Post | Errand


@dataclass(slots=True)
class Tally:
    """What came of a play."""

    posted: int = 0
    again: int = 0
    late: int = 0
    retried: int = 0
    given_up: int = 0
    purchases: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        return (
            f"{self.posted} updates of {len(self.purchases)} purchases were taken: {self.again} of them again, "
            f"{self.late} late, {self.retried} after a refusal; {self.given_up} never"
        )


# --- the plan ---------------------------------------------------------------------------------------------------------


def plan(stories: Iterable[Story], *, seed: int, speed: float) -> list[Post]:
    """Every post of the day in order of time. `speed`: that of the stories' clock, from minute 0 on."""
    dice = random.Random(seed)  # noqa: S311 - a play, not a secret
    posts = [post for dues in _dues(stories, speed) for post in _with_mishaps(*dues, dice)]
    return sorted(posts, key=lambda post: post.due)


def _dues(stories: Iterable[Story], speed: float) -> Iterator[tuple[Story, list[float]]]:
    """When each step of each story is due: the past pressed into a few seconds, the rest by the clock."""
    told = list(stories)
    past = sorted((step.minute, n) for n, story in enumerate(told) for step in story.steps if step.minute <= 0)
    places = {key: place for place, key in enumerate(past, start=1)}
    for n, story in enumerate(told):
        yield (
            story,
            [
                CATCH_UP_SECONDS * places[step.minute, n] / len(past)
                if step.minute <= 0
                else CATCH_UP_SECONDS + step.minute * 60 / speed
                for step in story.steps
            ],
        )


def _with_mishaps(story: Story, dues: list[float], dice: random.Random) -> Iterator[Post]:
    """The posts of one story: some held back until newer news has gone out, some sent once more."""
    held_back = False
    for n, step in enumerate(story.steps):
        post = Post(dues[n], story.merchant_order_id, words_of(step.document), json.dumps(step.document).encode())
        held_back = n + 1 < len(dues) and not held_back and dice.random() < LATE
        if held_back:
            post = replace(post, due=dues[n + 1] + dice.uniform(0.2, 3), manner="late")
        yield post
        if dice.random() < AGAIN:
            yield replace(post, due=post.due + dice.uniform(0.5, 15), manner="again")


def posts_after(purchase: str, steps: Iterable[Step], speed: float, silence: float) -> list[Post]:
    """The posts of what happens to a purchase from now on, after so many seconds of silence. No mishaps."""
    return [
        Post(silence + step.minute * 60 / speed, purchase, words_of(step.document), json.dumps(step.document).encode())
        for step in steps
    ]


def words_of(document: dict[str, Any]) -> str:
    """The statuses in a document, in our words."""
    entries = document["result"]["grouped_orders"]
    return " + ".join(str(status_of(entry["order_status"]["status_id"]).label) for entry in entries)


def line(purchase: str, words: str, answer: str, manner: str = "") -> str:
    """What is said of one request to the portal: when, about which purchase, what of it, and what came of that."""
    return f"{datetime.now().astimezone():%H:%M:%S}  {purchase:<32} {words:<36} {answer:<12} {manner}".rstrip()


# --- the play ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Player:
    """Posts a plan to `url`. `paced`: keep to its times, instead of posting as fast as the portal answers.

    `before` is called with the merchant_order_id before each post, `knows` with its body: 1mg knows it from then on.
    `stay`: when the plan is over, wait for what is added, until `minutes` are over. `asked_to_stop`: it ends, between
    two requests, once this is true.
    """

    url: str
    token: str
    header: str
    say: Callable[[str], object]
    paced: bool = True
    minutes: float | None = None
    retry_after: float = 2.0
    stay: bool = False
    asked_to_stop: object = False
    before: Callable[[str], object] = len
    knows: Callable[[bytes], object] = len
    tally: Tally = field(default_factory=Tally)
    _waiting: list[tuple[float, int, Due]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def play(self, posts: list[Post]) -> Tally:
        """Post all, in order of time; what is refused comes again later."""
        started = time.monotonic()
        end = float("inf") if self.minutes is None else started + self.minutes * 60
        for post in sorted(posts, key=lambda post: post.due):
            self._put(post, started + post.due if self.paced else 0.0)
        with self._session() as session:
            while due := self._next(end):
                if not self._do(session, due):
                    self._put_back(due)
        return self.tally

    def _do(self, session: requests.Session, due: Due) -> bool:
        if isinstance(due, Errand):
            return due.act()
        self.before(due.purchase)
        self.knows(due.body)
        return self._post(session, due)

    def add(self, dues: Iterable[Due]) -> None:
        """Do these as well; `due` counts from now."""
        now = time.monotonic()
        for due in dues:
            self._put(due, now + due.due)

    def forget(self, purchase: str) -> None:
        """Post nothing more that is planned for a purchase."""
        with self._news:
            self._waiting = [one for one in self._waiting if getattr(one[2], "purchase", "") != purchase]
            heapq.heapify(self._waiting)

    def _put(self, due: Due, at: float) -> None:
        with self._news:
            heapq.heappush(self._waiting, (at, next(self._numbers), due))
            self._news.notify()

    def _put_back(self, due: Due) -> None:
        """Try again later, or give up."""
        if due.tries + 1 == TRIES:
            self.tally.given_up += isinstance(due, Post)
            return
        wait = min(self.retry_after * 2**due.tries, LONGEST_WAIT)
        self._put(replace(due, tries=due.tries + 1), time.monotonic() + wait)

    def _next(self, end: float) -> Due | None:
        """Wait for the next thing that is due; `None` when there is nothing left to wait for, or it is to stop."""
        with self._news:
            while (now := time.monotonic()) < end and (self._waiting or self.stay) and not self.asked_to_stop:
                due = self._waiting[0][0] if self._waiting else end
                if due <= now:
                    return heapq.heappop(self._waiting)[2]
                self._news.wait(min(due - now, end - now, LOOK_SECONDS))
        return None

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # a proxy of this machine's is not on the way to this machine
        session.headers.update({"Content-Type": "application/json", "User-Agent": "onemg-sandbox"})
        session.headers[self.header] = f"Token {self.token}"
        return session

    def _post(self, session: requests.Session, post: Post) -> bool:
        """Post once and say so; whether 1mg would take it for delivered (its page: 200 to 300)."""
        try:
            response = session.post(self.url, data=post.body, timeout=(5, 15), allow_redirects=False)
            taken, answer = 200 <= response.status_code <= 300, _words_of_answer(response)
        except requests.RequestException as error:
            taken, answer = False, type(error).__name__
        if taken:
            self._count(post)
        manner = " ".join(filter(None, (post.manner, f"try {post.tries + 1}" if post.tries else "")))
        self.say(line(post.purchase, post.words, answer, manner))
        return taken

    def _count(self, post: Post) -> None:
        self.tally.posted += 1
        self.tally.again += post.manner == "again"
        self.tally.late += post.manner == "late"
        self.tally.retried += post.tries > 0
        self.tally.purchases.add(post.purchase)


def _words_of_answer(response: requests.Response) -> str:
    """`200 SUCCESS`, or the bare code where the answer is not in the agreed shape."""
    try:
        return f"{response.status_code} {response.json()['status']}"
    except (ValueError, KeyError, TypeError):
        return str(response.status_code)

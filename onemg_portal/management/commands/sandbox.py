"""Play 1mg and Nimbbl on this machine."""

import ipaddress
import os
import random
import time
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from onemg_portal import stopping
from onemg_portal.environment import Environment
from onemg_portal.sandbox import keys, staff
from onemg_portal.sandbox.day import stories
from onemg_portal.sandbox.day.colleague import Colleague
from onemg_portal.sandbox.day.documents import MINUTE
from onemg_portal.sandbox.day.player import Player, plan
from onemg_portal.sandbox.day.shop import Shop
from onemg_portal.sandbox.day.stories import Clock, Story
from onemg_portal.sandbox.day.waiting import Waiting, waiting
from onemg_portal.sandbox.partners.agreed import Agreed
from onemg_portal.sandbox.partners.server import Partners
from onemg_portal.sandbox.refill import Refill
from onemg_portal.sandbox.stage import Stage
from orders.actors import Actor


class Command(BaseCommand):
    help = (
        "Play 1mg and Nimbbl: post a day of invented purchases to a portal on this machine, some updates twice, some "
        "late, and answer the portal's own calls. Only where PORTAL_ENVIRONMENT is sandbox."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--portal", default="http://127.0.0.1:8000", help="where the portal answers")
        parser.add_argument("--partners-port", type=int, default=8001, help="where both partners answer (8001)")
        add_play_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        token, agreed = _token(), _agreed(options["portal"])
        _refuse_elsewhere(options["portal"])
        asked_to_stop = stopping.Request()
        player = Player(
            url=options["portal"].rstrip("/") + reverse("webhooks:update-status"),
            token=token,
            header=settings.ONEMG_WEBHOOK_HEADER,
            say=self._say,
            paced=not options["once"],
            minutes=options["minutes"],
            retry_after=0.05 if options["once"] else 2,
            stay=not options["once"],
            asked_to_stop=asked_to_stop,
        )
        seed = random.randrange(10**6) if options["seed"] is None else options["seed"]  # noqa: S311 - a play
        self._say(f"Playing 1mg for {options['portal']}: --seed {seed} --orders {options['orders']}")
        if options["once"]:
            player.play(plan(_whole_day(seed, options), seed=seed, speed=options["speed"]))
        else:
            self._play_both(player, agreed, seed, options)
        if asked_to_stop:
            self._say("Stopped.")
        self._say(f"{player.tally}.")
        if player.tally.given_up:
            raise CommandError(f"The portal never took {player.tally.given_up} updates.")

    def _play_both(self, player: Player, agreed: Agreed, seed: int, options: dict[str, Any]) -> None:
        """Play the day, with both partners at hand, until asked to stop."""
        now, speed = int(time.time()), options["speed"]
        clock = Clock(now, speed)
        day = stories.day(seed, orders=options["orders"], run=now, clock=clock)
        waits = waiting(seed, purchases=options["waiting"], first=options["orders"] + 1, run=now, clock=clock)
        with _partners(agreed, options["partners_port"]) as partners:
            address = partners.base_url
            if not agreed.merchant_url:
                self._say("ONEMG_PAYMENT_TOKENS is not set: 1mg asks nothing, and confirms without asking.")
            self._say(f"Both partners answer at {address}; how they can be made to misbehave: {address}/_sandbox/")
            stage = Stage(player, speed, partners)
            stage.set(waits)
            shop = self._shop(options["portal"], waits)

            def bought(purchase: str) -> None:
                """By the time that 1mg speaks of a purchase the shop has registered it and the customer has paid."""
                shop.register(purchase)
                stage.pay(purchase)

            player.before, player.knows = bought, partners.books.note
            colleague = Colleague(Actor.of(staff.colleague()), self._say) if shop.key else None
            number = options["orders"] + options["waiting"] + 1
            Refill(player.add, stage, shop, colleague, number, now, speed, random.Random(seed)).begin()  # noqa: S311
            player.play(plan([*day, *(one.story for one in waits)], seed=seed, speed=speed))

    def _shop(self, portal: str, waits: list[Waiting]) -> Shop:
        """The shop, with the key that `run` has made for it."""
        key = os.environ.get("SANDBOX_API_KEY", "")
        if not key:
            self._say("SANDBOX_API_KEY is not set: purchases are not registered.")
        purchases = {one.order.merchant_order_id: one.registration() for one in waits}
        return Shop(portal.rstrip("/") + "/api/orders/", key, self._say, purchases)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _partners(agreed: Agreed, port: int) -> Partners:
    """Both partners."""
    try:
        return Partners(agreed, port=port)
    except OSError as error:
        raise CommandError(f"The partners cannot be played at port {port}: {error.strerror}.") from error


def _agreed(portal: str) -> Agreed:
    """What the settings say that the partners have agreed on with the merchant, whose portal answers at this URL."""
    payment_token = next(iter(Environment(os.environ).listed("ONEMG_PAYMENT_TOKENS")), "")
    key = settings.ONEMG_PRIVATE_KEY
    try:
        if settings.ONEMG_PRIVATE_KEY_FILE:
            key = (Path(settings.BASE_DIR) / settings.ONEMG_PRIVATE_KEY_FILE).read_text()
        public = keys.public_half(key) if key else ""
    except (OSError, ValueError) as error:
        raise CommandError("1mg's private key cannot be read.") from error
    return Agreed(
        settings.ONEMG_MERCHANT_ID,
        public,
        settings.ONEMG_BEARER_TOKEN,
        settings.NIMBBL_ACCESS_KEY,
        settings.NIMBBL_ACCESS_SECRET,
        settings.NIMBBL_UPDATE_ORDER,
        onemg_track_order=settings.ONEMG_TRACK_ORDER or Agreed().onemg_track_order,
        merchant_url=portal.rstrip("/") if payment_token else "",
        payment_token=payment_token,
        payment_header=settings.ONEMG_PAYMENT_HEADER,
        events_url=portal.rstrip("/") + reverse("webhooks:nimbbl-events"),
    )


def add_play_arguments(parser: ArgumentParser) -> None:
    """What can be said about a play; `run` passes it on."""
    parser.add_argument("--orders", type=_positive_int, default=100, help="purchases of the day (100)")
    parser.add_argument("--waiting", type=_count, default=16, help="purchases besides that wait to be confirmed (16)")
    parser.add_argument("--seed", type=int, help="the same seed plays the same day; random where not given")
    parser.add_argument("--speed", type=_positive, default=60.0, help="times as fast as life (60)")
    parser.add_argument("--minutes", type=_positive, help="stop after so many minutes")
    parser.add_argument("--once", action="store_true", help="post a whole day at once, as one that is over")


def play_arguments(options: dict[str, Any]) -> list[str]:
    """The options of a play as a command line has them."""
    given = {name: options[name] for name in ("orders", "waiting", "seed", "speed", "minutes")}
    named = [f"--{name}={value}" for name, value in given.items() if value is not None]
    return [*named, "--once"] if options["once"] else named


def _whole_day(seed: int, options: dict[str, Any]) -> list[Story]:
    """The stories of a day that is over by now."""
    now = int(time.time())
    told = stories.day(seed, orders=options["orders"], run=now, clock=Clock(now, options["speed"]))
    begin = now - int(max(story.steps[-1].minute for story in told) * MINUTE)
    return stories.day(seed, orders=options["orders"], run=now, clock=Clock(begin))


def _token() -> str:
    """The first token in clear; the settings keep only hashes."""
    tokens = Environment(os.environ).listed("ONEMG_WEBHOOK_TOKENS")
    if not tokens:
        raise CommandError("ONEMG_WEBHOOK_TOKENS names no token that 1mg could be played with.")
    return tokens[0]


def _refuse_elsewhere(portal: str) -> None:
    """Invented purchases belong into a sandbox on this machine and nowhere else."""
    if settings.PORTAL_ENVIRONMENT != "sandbox":
        raise CommandError(f"PORTAL_ENVIRONMENT is {settings.PORTAL_ENVIRONMENT}: 1mg is played in a sandbox only.")
    try:
        address = urlsplit(portal)
        loopback = address.hostname == "localhost" or ipaddress.ip_address(address.hostname or "").is_loopback
    except ValueError:
        loopback = False
    if not loopback or address.scheme != "http":
        raise CommandError(f"{portal} is not an http address of this machine: 1mg is played on 127.0.0.1 only.")


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise ArgumentTypeError("must be above 0")
    return value


def _count(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 1000:
        raise ArgumentTypeError("must be from 0 to 1000")
    return value


def _positive_int(text: str) -> int:
    value = int(text)
    if not 0 < value <= 5000:
        raise ArgumentTypeError("must be from 1 to 5000")
    return value

"""Play 1mg on this machine."""

import ipaddress
import os
import random
import signal
import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from onemg_portal.sandbox import stories
from onemg_portal.sandbox.documents import MINUTE
from onemg_portal.sandbox.player import Player, plan
from onemg_portal.sandbox.stories import Clock, Story


class Command(BaseCommand):
    help = (
        "Play 1mg: post a day of invented purchases to a portal on this machine, some updates twice, some late. "
        "Only where PORTAL_ENVIRONMENT is sandbox."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--portal", default="http://127.0.0.1:8000", help="where the portal answers")
        add_play_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        player = Player(
            url=options["portal"].rstrip("/") + reverse("webhooks:update-status"), token=_token(),
            header=settings.ONEMG_WEBHOOK_HEADER, say=self._say, paced=not options["once"], minutes=options["minutes"],
            retry_after=0.05 if options["once"] else 2,
        )  # fmt: skip
        _refuse_elsewhere(options["portal"])
        for number in (signal.SIGTERM, signal.SIGINT):  # whoever starts us in the background has SIGINT ignored
            signal.signal(number, signal.default_int_handler)
        seed = random.randrange(10**6) if options["seed"] is None else options["seed"]  # noqa: S311 - a play
        self._say(f"Playing 1mg for {options['portal']}: --seed {seed} --orders {options['orders']}")
        try:
            day = _day(seed, options)
            player.play(plan(day, seed=seed, speed=options["speed"]))
        except KeyboardInterrupt:
            self._say("Stopped.")
        self._say(f"{player.tally}.")
        if player.tally.given_up:
            raise CommandError(f"The portal never took {player.tally.given_up} updates.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def add_play_arguments(parser: ArgumentParser) -> None:
    """What can be said about a play; `run` passes it on."""
    parser.add_argument("--orders", type=_positive_int, default=100, help="purchases of the day (100)")
    parser.add_argument("--seed", type=int, help="the same seed plays the same day; random where not given")
    parser.add_argument("--speed", type=_positive, default=60.0, help="times as fast as life (60)")
    parser.add_argument("--minutes", type=_positive, help="stop after so many minutes")
    parser.add_argument("--once", action="store_true", help="post a whole day at once, as one that is over")


def play_arguments(options: dict[str, Any]) -> list[str]:
    """The options of a play as a command line has them."""
    given = {name: options[name] for name in ("orders", "seed", "speed", "minutes")}
    named = [f"--{name}={value}" for name, value in given.items() if value is not None]
    return [*named, "--once"] if options["once"] else named


def _day(seed: int, options: dict[str, Any]) -> list[Story]:
    """The stories, from now on at the given speed; with `--once`, all of them up to now."""
    now = int(time.time())
    clock = Clock(now, options["speed"])
    if options["once"]:
        told = stories.day(seed, orders=options["orders"], run=now, clock=clock)
        clock = Clock(now - int(max(story.steps[-1].minute for story in told) * MINUTE))
    return stories.day(seed, orders=options["orders"], run=now, clock=clock)


def _token() -> str:
    """The first token in clear; the settings keep only hashes."""
    tokens = [token.strip() for token in os.environ.get("ONEMG_WEBHOOK_TOKENS", "").split(",")]
    if not tokens[0]:
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


def _positive_int(text: str) -> int:
    value = int(text)
    if not 0 < value <= 5000:
        raise ArgumentTypeError("must be from 1 to 5000")
    return value

"""Prove that 1mg and Nimbbl can be called as configured, and can come to the portal's own doors."""

import json
import os
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from onemg_portal.environment import Environment
from payments import probe
from payments.probe import Probe
from webhooks import own_doors

#: Verdict -> exit code, and the word at the beginning of a line.
CODES: Final = {"pass": 0, "fail": 1, "unknown": 2}
MARKS: Final = {"pass": "ok", "fail": "FAILED", "unknown": "not known"}
PORTAL: Final = "portal"


class Command(BaseCommand):
    help = (
        "Prove that 1mg and Nimbbl can be called as configured, and that the portal answers at the addresses that they "
        "were given, without touching an order. Exit code 0: all right; 1: something is wrong; 2: something could not "
        "be found out."
    )
    requires_system_checks: list[str] = []  # they would stop it before it could say what is wrong

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "wanted", nargs="*", metavar="WHAT", help="1mg, Nimbbl, portal (its own doors); all where none is named"
        )
        parser.add_argument("--own-address", metavar="URL", help="where the partners reach the portal: https://<host>")
        parser.add_argument("--json", action="store_true", help="for a program: the verdict and what was tried")

    def handle(self, *args: Any, **options: Any) -> None:
        names = {name.casefold(): name for name in (*probe.PARTNERS, PORTAL)}
        wanted = [name.casefold() for name in options["wanted"]]
        if not set(wanted) <= set(names):
            raise CommandError(f"What can be checked is: {', '.join(names.values())}.")
        asked = {names[name] for name in wanted} or set(names.values())
        found = probe.probes(asked)
        if PORTAL in asked:
            found += _of_the_portal(options["own_address"])
        verdict = probe.verdict(found)
        if options["json"]:
            self.stdout.write(json.dumps({"verdict": verdict, "probes": [asdict(one) for one in found]}, indent=1))
        else:
            for one in found:
                self.stdout.write(f"{MARKS[one.verdict]:<9}  {one.name}: {one.words} {one.hint}".rstrip())
        if code := CODES[verdict]:
            raise SystemExit(code)


def _of_the_portal(address: str | None) -> Iterator[Probe]:
    """The settings keep no token, so those that the doors are tried with are read where the settings read them."""
    if not address:
        hint = "Give --own-address https://<your host>, as 1mg and Nimbbl were given it."
        yield Probe("portal: address", "unknown", "Its own doors were not tried.", hint)
        return
    environment = Environment(os.environ)
    tokens = own_doors.Tokens(
        updates=environment.tokens("ONEMG_WEBHOOK_TOKENS"), payments=environment.tokens("ONEMG_PAYMENT_TOKENS")
    )
    yield from own_doors.probes(address, tokens)

"""Prove that 1mg and Nimbbl can be called as configured."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments import probe

#: Verdict -> exit code, and the word at the beginning of a line.
CODES = {"pass": 0, "fail": 1, "unknown": 2}
MARKS = {"pass": "ok", "fail": "FAILED", "unknown": "not known"}


class Command(BaseCommand):
    help = (
        "Prove that 1mg and Nimbbl can be called as configured, without touching an order. "
        "Exit code 0: all right; 1: something is wrong; 2: something could not be found out."
    )
    requires_system_checks: list[str] = []  # they would stop it before it could say what is wrong

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("partners", nargs="*", metavar="PARTNER", help="1mg or Nimbbl; both where none is named")
        parser.add_argument("--json", action="store_true", help="for a program: the verdict and what was tried")

    def handle(self, *args: Any, **options: Any) -> None:
        names = {name.casefold(): name for name in probe.PARTNERS}
        wanted = [name.casefold() for name in options["partners"]]
        if not set(wanted) <= set(names):
            raise CommandError(f"A partner is one of: {', '.join(probe.PARTNERS)}.")
        found = probe.probes([names[name] for name in wanted] or probe.PARTNERS)
        verdict = probe.verdict(found)
        if options["json"]:
            self.stdout.write(json.dumps({"verdict": verdict, "probes": [asdict(one) for one in found]}, indent=1))
        else:
            for one in found:
                self.stdout.write(f"{MARKS[one.verdict]:<9}  {one.name}: {one.words} {one.hint}".rstrip())
        if code := CODES[verdict]:
            raise SystemExit(code)

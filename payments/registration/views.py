"""The pages that staff register purchases on."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.access import FORM, staff_page
from orders.actors import Actor
from orders.chips import Chip
from orders.choices import Shape, Tone
from payments.registration import csv as registration_csv
from payments.registration import services as registration
from payments.registration.csv import FileProblem, Result, Verdict
from payments.registration.forms import RegistrationForm
from payments.registration.services import Conflict, Outcome

REGISTER = "payments.register_purchase"


@staff_page(REGISTER, methods=FORM)
def register(request: HttpRequest) -> HttpResponse:
    """One purchase, by hand."""
    form = RegistrationForm(request.POST if request.method == "POST" else None, initial={"payment_method": "ONLINE"})
    if request.method == "POST" and form.is_valid():
        try:
            group, outcome = registration.register(form.said(), by=Actor.of(request.user))
        except Conflict as conflict:
            form.contradict(conflict)
        except OperationalError:
            form.add_error(None, registration.BUSY)
        else:
            messages.success(request, _SAID[outcome])
            return redirect(group)
    return render(request, "payments/register.html", {"form": form})


@staff_page(REGISTER, methods=FORM)
def register_csv(request: HttpRequest) -> HttpResponse:
    """Many purchases from a file: first what each line would do, then, sent again from that page, doing it."""
    context: dict[str, Any] = {
        "columns": registration_csv.COLUMNS,
        "required": registration_csv.REQUIRED,
        "most": registration_csv.MAX_LINES,
        "kilobytes": registration_csv.MAX_BYTES // 1024,
    }
    if request.method == "POST":
        try:
            context |= _run(request)
        except FileProblem as problem:
            context["problem"] = str(problem)
    return render(request, "payments/register_csv.html", context)


_SAID = {
    Outcome.NEW: gettext_lazy("Registered."),
    Outcome.ADDED: gettext_lazy("It was registered already; the Nimbbl order is linked now."),
    Outcome.SAME: gettext_lazy("It was registered already, with the same words."),
}


def _run(request: HttpRequest) -> dict[str, Any]:
    """The dry run of a file or of its text, or, with `sure`, the registration of the lines that one has shown."""
    done = "sure" in request.POST
    if "content" in request.POST:
        text = request.POST["content"]
    elif isinstance(file := request.FILES.get("file"), UploadedFile):
        text = registration_csv.decode(file.read(registration_csv.MAX_BYTES + 1))
    else:
        raise FileProblem(_("Choose a file."))
    results = registration_csv.run(registration_csv.read(text), by=Actor.of(request.user), keep=done)
    counts = Counter(result.verdict for result in results)
    return {
        "done": done,
        "content": text,
        "rows": [(result, _chip(result, done)) for result in results],
        "counts": [(_word(verdict, done), counts[verdict]) for verdict in Verdict if counts[verdict]],
        "wanted": counts[Verdict.NEW] + counts[Verdict.ADDED],
    }


_LOOKS = {
    Verdict.NEW: (Tone.INFO, Shape.WAITING),
    Verdict.ADDED: (Tone.INFO, Shape.WAITING),
    Verdict.SAME: (Tone.NEUTRAL, Shape.DONE),
    Verdict.CONFLICT: (Tone.CRITICAL, Shape.NEEDS_US),
    Verdict.BAD: (Tone.ATTENTION, Shape.NEEDS_US),
    Verdict.BUSY: (Tone.ATTENTION, Shape.NEEDS_US),
}


def _chip(result: Result, done: bool) -> Chip:
    tone, shape = _LOOKS[result.verdict]
    if done and result.verdict in (Verdict.NEW, Verdict.ADDED):
        tone, shape = Tone.SUCCESS, Shape.DONE
    return Chip(_word(result.verdict, done), tone, shape)


def _word(verdict: Verdict, done: bool) -> str:
    return {
        Verdict.NEW: _("Registered") if done else _("New"),
        Verdict.ADDED: _("Nimbbl order added") if done else _("Adds the Nimbbl order"),
        Verdict.SAME: _("The same"),
        Verdict.CONFLICT: _("Conflict"),
        Verdict.BAD: _("Bad line"),
        Verdict.BUSY: _("Not kept"),
    }[verdict]

"""Registering many purchases from a CSV file: read it, say what each line would do, do it.

read(content)            the lines, each checked by itself; `FileProblem` where the file as a whole is unreadable
run(lines, by=, keep=)   register line by line, one transaction each; without `keep` a dry run
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.db import OperationalError
from django.utils.translation import gettext as _

from orders.actors import Actor
from payments.registration import services as registration
from payments.registration.forms import RegistrationForm
from payments.registration.services import Conflict, Registration, register

MAX_BYTES: Final = 256 * 1024
MAX_LINES: Final = 500
#: Letters of a cell; the longest that means anything has 64.
MAX_CELL: Final = 200
COLUMNS: Final = tuple(RegistrationForm.base_fields)
REQUIRED: Final = tuple(name for name, field in RegistrationForm.base_fields.items() if field.required)
#: Two lines that name the same one cannot both be right.
_IDS: Final = ("merchant_order_id", "onemg_order_id", "nimbbl_order_id")


class FileProblem(Exception):
    """The file cannot be read as a whole; the text is for staff."""


class Verdict(StrEnum):
    """What a line does, or would do. The first three are `registration.Outcome`'s."""

    NEW = "new"
    ADDED = "added"
    SAME = "same"
    CONFLICT = "conflict"
    BAD = "bad"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file: its cells, and either what it says or why it says nothing."""

    number: int
    cells: dict[str, str]
    said: Registration | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a line; `reason` where it is not what was asked for."""

    line: Line
    verdict: Verdict
    reason: str = ""


def decode(content: bytes) -> str:
    """The text of an uploaded file, without the mark that spreadsheets put before it. Raises `FileProblem`."""
    if len(content) > MAX_BYTES:
        raise FileProblem(_("The file has more than %(kb)s KB.") % {"kb": MAX_BYTES // 1024})
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileProblem(_("The file is not UTF-8 text. Save it as “CSV UTF-8”.")) from None


def read(text: str) -> list[Line]:
    """The lines of a file with a header, separated by commas or semicolons. Raises `FileProblem`."""
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise FileProblem(_("The file has more than %(kb)s KB.") % {"kb": MAX_BYTES // 1024})
    text = text.removeprefix("\ufeff")
    head = text.lstrip().partition("\n")[0]
    separator = ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        words = {"line": reader.line_num, "error": error}
        raise FileProblem(_("Line %(line)s cannot be read: %(error)s.") % words) from None
    names = _header(rows[0][1] if rows else [])
    if len(rows) < 2:
        raise FileProblem(_("There is no line below the header."))
    if len(rows) > MAX_LINES + 1:
        raise FileProblem(_("The file has more than %(lines)s lines. Split it.") % {"lines": MAX_LINES})
    return list(_once_each(_line(number, names, row) for number, row in rows[1:]))


def run(lines: Iterable[Line], *, by: Actor, keep: bool) -> list[Result]:
    """Register each line in a transaction of its own, and say what became of every one. Without `keep`: what would."""
    return [_register(line, by, keep) for line in lines]


def _register(line: Line, by: Actor, keep: bool) -> Result:
    if line.said is None:
        return Result(line, Verdict.BAD, line.problem)
    try:
        _group, outcome = register(line.said, by=by, keep=keep)
    except Conflict as conflict:
        words = "; ".join(f"{name}: {stands} ≠ {sent}" for name, (stands, sent) in conflict.for_staff().items())
        return Result(line, Verdict.CONFLICT, f"{conflict} ({words})")
    except OperationalError:
        return Result(line, Verdict.BUSY, str(registration.BUSY))
    return Result(line, Verdict(outcome))


def _header(cells: list[str]) -> list[str]:
    """The names of the columns; those at the end that have none are no columns. Raises `FileProblem`."""
    names = [cell.strip().lower() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if missing := [name for name in REQUIRED if name not in names]:
        raise FileProblem(
            _("The first line must name the columns; missing: %(names)s.") % {"names": ", ".join(missing)}
        )
    if "" in names:
        raise FileProblem(_("Column %(place)s of the first line has no name.") % {"place": names.index("") + 1})
    if unknown := [name[:64] for name in names if name not in COLUMNS]:
        raise FileProblem(_("There is no such column: %(names)s.") % {"names": ", ".join(unknown[:10])})
    if len(set(names)) < len(names):
        raise FileProblem(_("A column stands twice."))
    return names


def _line(number: int, names: list[str], row: list[str]) -> Line:
    cells = {name: cell.strip()[:MAX_CELL] for name, cell in zip(names, row, strict=False)}
    if problem := _wrong_length(names, row):
        return Line(number, cells, problem=problem)
    if long := [name for name, cell in zip(names, row, strict=False) if len(cell.strip()) > MAX_CELL]:
        said = _("%(name)s: more than %(most)s letters.") % {"name": ", ".join(long), "most": MAX_CELL}
        return Line(number, cells, problem=said)
    form = RegistrationForm(cells)
    if not form.is_valid():
        return Line(number, cells, problem=form.problems())
    return Line(number, cells, form.said())


def _wrong_length(names: list[str], row: list[str]) -> str:
    """What is wrong with how many cells a line has; empty ones at its end, that no column is above, are none."""
    words = {"found": len(row), "wanted": len(names)}
    if len(row) < len(names):
        return _("%(found)s cells instead of %(wanted)s.") % words
    unnamed = [place for place, cell in enumerate(row, start=1) if place > len(names) and cell.strip()]
    if not unnamed:
        return ""
    said = _("%(found)s cells instead of %(wanted)s. Column %(place)s has a value and no name.")
    return said % {**words, "place": unnamed[0]}


def _once_each(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines, those bad that name an id again."""
    seen: dict[tuple[str, str], int] = {}
    for line in lines:
        ids = [(name, line.cells[name]) for name in _IDS if line.said and line.cells.get(name)]
        again = [(name, seen[name, key]) for name, key in ids if (name, key) in seen]
        seen |= {key: line.number for key in ids if key not in seen}
        if again:
            said = " ".join(_("%(name)s stands on line %(line)s already.") % {"name": n, "line": at} for n, at in again)
            yield Line(line.number, line.cells, problem=said)
        else:
            yield line

"""Templates are read as code is: short, indented, one element a line."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import median

import pytest

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
MOST_LETTERS, MOST_LINES, USUAL_LINES = 120, 90, 30
#: What stands on a line of its own; words, and what is said within a sentence, stay together.
_BOXES = "article aside dd div dl dt footer form h1 h2 h3 header hr legend li main nav ol option p section summary"
_ELEMENT = re.compile(rf"<(?:{'|'.join(_BOXES.split())}|select|table|tbody|td|th|thead|tr|ul)\b")
NAMES = sorted({str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")})


def faults(text: str) -> list[str]:
    """What makes a template hard to read."""
    lines = text.splitlines()
    found = [f"line {n} has {len(line)} letters" for n, line in enumerate(lines, 1) if len(line) > MOST_LETTERS]
    found += [f"line {n} has several elements" for n, line in enumerate(lines, 1) if len(_ELEMENT.findall(line)) > 1]
    return found + ([f"{len(lines)} lines"] if len(lines) > MOST_LINES else [])


@pytest.mark.parametrize("name", NAMES)
def test_a_template_can_be_read(name: str) -> None:
    assert faults((TEMPLATES / name).read_text()) == []


def test_templates_are_short() -> None:
    assert median(len((TEMPLATES / name).read_text().splitlines()) for name in NAMES) <= USUAL_LINES


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<td>1</td><td>2</td>", "line 1 has several elements"),
        ("\n<dt>Name</dt><dd>Asha</dd>", "line 2 has several elements"),
        ("x" * 121, "line 1 has 121 letters"),
        ("\n" * 91, "91 lines"),
    ],
)
def test_control_what_cannot_be_read_is_found(text: str, fault: str) -> None:
    assert faults(text) == [fault]


def test_control_words_stay_together() -> None:
    assert faults('<td><a href="/">Order</a> <small>of <b>today</b></small></td>') == []

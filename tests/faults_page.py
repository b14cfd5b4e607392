"""Writes docs/faults.md: what may go wrong at the front door and on the way out, and which tests hold each row.

    python -m tests.faults_page            writes the page
    python -m tests.faults_page --check    exits 1 where the page is not what the tests say

A test belongs to a row by its name, `test_E4_...` (or `test_D24_D25_...` for two), which is read from the source, so
the page cannot claim a test that is not there. A row without a test has to say why. The cases have ids of their own:
theirs are the tests below `tests/cases/`, and elsewhere those named `test_case_F9_...`.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "faults.md"
NAMED = re.compile(r"test_(case_)?((?:[A-FMO]\d{1,2}_)+)")

GROUPS: dict[str, tuple[str, list[str]]] = {
    "A": (
        "Who may post",
        [
            "no token",
            "a wrong token, however nearly right",
            "header in other case, with blanks, with or without a scheme",
            "the token twice in one request",
            "the token in the address or the body",
            "hostile bytes in the header",
            "a token replaced by another, with a time of overlap",
            "a token taken away",
            "tokens kept only as hashes and compared in constant time",
            "guessing tokens in masses",
            "another method than POST",
            "a staff session instead of a token",
            "the webhook's token on other doors",
            "a captured request sent again",
            "forged forwarding headers and host",
            "an address that is not on the list",
        ],
    ),
    "B": (
        "The HTTP request",
        [
            "a chunked body without a length",
            "a body without any framing",
            "an empty body",
            "a body that ends early",
            "a body longer than its length says",
            "contradicting lengths",
            "an unknown transfer coding",
            "a body that is too large",
            "a compressed body",
            "another content type, or none",
            "another character set",
            "a byte order mark",
            "many slow clients",
            "a client that leaves before the answer",
            "one connection for very many requests",
            "other spellings of the path",
            "plain http in production",
            "very many or very long headers, a very long address",
            "a client that asks before it sends the body",
        ],
    ),
    "C": (
        "JSON",
        [
            "text that is nearly JSON",
            "JSON that is no object",
            "NaN and Infinity",
            "numbers beyond any range",
            "numbers with thousands of digits",
            "deep nesting",
            "one key twice in an object",
            "NUL characters",
            "lone surrogates",
            "a body that grows in memory",
            "the same content, written differently",
            "the same number, written differently",
            "binary noise in amounts",
            "unusual characters and very long text",
            "keys that nearly match",
        ],
    ),
    "D": (
        "What an update says",
        [
            "with and without the envelope",
            "both envelopes at once",
            "a status that is in no table",
            "a part that is missing",
            "no orders at all",
            "one order twice in a body",
            "a thousand orders in a body",
            "ids that would not survive in a URL",
            "ids that differ only in case",
            "the purchase named like one of its orders",
            "an order that moves to another purchase",
            "the merchant's id missing or taken",
            "odd quantities",
            "odd amounts",
            "odd delivery windows",
            "phone numbers of every kind",
            "links that are none, or dangerous",
            "no, one and many invoices",
            "prescriptions: none, many, rejected",
            "a cancellation, whose real shape nobody has published",
            "a payment wait that contradicts the mode",
            "keys nobody has described",
            "no personal data at all",
            "a clock far ahead",
            "no clock, or an impossible one",
        ],
    ),
    "E": (
        "Duplicates, order, races",
        [
            "the same update again, one after the other",
            "the same update again, all at once",
            "an older update after a newer one",
            "two updates of one instant",
            "there and back again",
            "a storm of updates, shuffled and repeated",
            "bodies that share orders, listed in opposite order",
            "moves back that are ordinary business",
            "leaving a final status",
            "a cancellation that comes late",
            "an update while staff work on the order",
            "the first word about an order",
            "an update before the shop has registered the purchase",
            "one delivery at two server processes",
            "everything once more, from the kept bytes",
            "only what was set aside, after a fix",
            "one outcome for each delivery",
        ],
    ),
    "F": (
        "Store, processes, machine",
        [
            "the database is down",
            "the database restarts under load",
            "the database is killed under load",
            "the database hangs, or a table is locked",
            "no connection left",
            "the database's disk is full",
            "SQLite's disk is full",
            "many writers on SQLite",
            "web workers are killed under load",
            "a crash between keeping and answering",
            "a background worker is killed in a job",
            "an update that can never be applied",
            "the server is restarted by a deploy",
            "old code on a new schema",
            "a worker runs out of memory",
            "the clock jumps",
            "other time zones",
            "the log cannot be written",
            "the cache is gone",
            "a million deliveries",
            "a backup under load, restored elsewhere",
            "a wrong environment",
            "far more traffic than expected",
        ],
    ),
    "O": (
        "Calling the partners",
        [
            "the partner cannot be reached",
            "no answer in time, nothing done",
            "no answer in time, all done",
            "an answer that breaks off",
            "1mg does not know the order",
            "1mg cannot match the payment, as with a cancelled order",
            "a code that the partner does not describe",
            "a success code with a refusal inside",
            "a confirmation in part",
            "an answer about another order",
            "an answer that is none, or that no database keeps",
            "an answer that drips",
            "an answer that fills the memory",
            "a redirect",
            "a certificate or a TLS that is no good",
            "credentials that 1mg refuses",
            "a token that Nimbbl refuses",
            "many who want a token at the same instant",
            "a token with no end, or a wrong one",
            "no token to be had",
            "too many requests",
            "a partner that is slow for all",
            "an id that would change the path",
            "the button pressed twice",
            "two people at once",
            "cash on delivery",
            "a status, a flag or a payment that speaks against it, also at the last moment",
            "a cancellation while 1mg is asked",
            "a process that dies on the way",
            "an update at Nimbbl: odd input, every kind of answer",
            "an address that we may not call",
            "secrets and people in what is kept, shown or logged",
            "proxies of the environment",
        ],
    ),
    "M": (
        "Money both ways",
        [
            "1mg asks about the payment while its own answer is waited for, and while others hold what it asks about",
            "1mg told SUCCESS of what nobody knows, of another environment, of cash on delivery",
            "1mg asks in masses",
            "a token of another door, and one that is replaced",
            "a payment event that is forged, unsigned or signed in an older way",
            "a payment event twice, at once, or before its purchase",
            "a payment event of a kind nobody knows",
            "a payment event while something fails behind the door",
            "the same statements about a payment in any order and number",
            "a payment that failed and succeeds, that is being reversed and is",
            "a word about a payment that nobody knows",
            "a webhook and an enquiry at the same instant",
            "1mg and Nimbbl differ by more than a rupee",
            "a refund that 1mg asks for twice, by other unique ids, and in crowds",
            "refunds that come to more than was captured, less what went back",
            "a refund without its amount, which would be one of all",
            "a refund of which nobody knows whether Nimbbl took it; a process that dies with it",
            "who may pay back: a person, two, or the policy up to an amount",
            "a refund of what nobody knows, or that cannot be read",
            "a cancellation pressed twice, or by two at once",
            "a cancellation that comes too late, or that 1mg cannot read",
            "a cancellation of which nobody knows what became",
            "1mg's answer when it is asked how a purchase stands",
            "a path of asking that is absent or wrong",
            "an open payment that nobody asks about",
            "a refund that nobody watches",
            "a run of the reconciliation that is lost, doubled or killed",
            "days of money that do not add up, or hide what is not known",
            "a file of money that a spreadsheet works out, or that names people",
        ],
    ),
}

#: What went wrong once on the running portal: id -> a few words. Their tests are those of `tests/cases/`.
CASES: dict[str, str] = {
    "F1": "a choice that is left open taken for a wrong one",
    "F2": "money that went back counted as there",
    "F3": "a payment that is clearly not there let through",
    "F4": "two purchases confirmed for one 1mg order",
    "F5": "an amount nobody knows shown as zero",
    "F6": "a partner's word compared letter by letter",
    "F7": "a phone found in one spelling only",
    "F8": "words cut at vowel signs, masks between them",
    "F9": "a session that ends takes what was on the page with it",
    "F10": "a forwarding header believed as it comes",
    "F11": "two lines of one SKU shown as one",
    "F12": "a clock hours ahead believed",
    "F13": "a rejected paper called replaced",
    "F14": "a key nobody knows shown to who may not see personal data",
    "F15": "a refused body that nobody hears of",
    "F16": "a city found in one spelling only",
    "F17": "long texts push amounts out of sight",
    "F18": "an address glued together, or printed as code",
    "F19": "a probe refused for the host it names",
    "F20": "a wrong setting that starts, a right one that is not heard",
    "F21": "a database that is away called a fault of ours, and processes that end",
    "F22": "a set-up that nobody had tried",
    "F23": "an empty column taken for an unknown one",
    "F24": "half a language, and amounts that the desk prints and does not take",
    "F25": "one update waits while another's body is finished",
    "F26": "the API lists what the page does not",
    "F27": "a body read once for each order in it",
    "F28": "rupees written otherwise, one of two statuses lost, punctuation that finds everything",
    "A1": "an override that covers what was not read",
    "A2": "one 1mg order confirmed for two purchases",
    "A3": "older news settles a call in doubt",
    "A4": "sending again races 1mg's next word",
    "A5": "another order sent than the page showed",
    "A6": "an order in doubt moves and is doubted for ever",
    "A7": "a confirmation with an override can never be sent again",
    "A8": "an answer dropped while the database is away",
    "A9": "a wait taken for poison",
    "A10": "one body of very many orders holds up all others",
    "A11": "several finish one delivery at once",
    "A12": "wrong sign-ins starve the updates",
    "A13": "a role lifts itself",
    "A14": "a partner's words name people",
    "A15": "a text that freezes a process",
    "A16": "a value taken for what it looks like",
    "A17": "one body without bounds",
    "A18": "words that the search index refuses for ever",
    "A19": "the code before on the schema after",
    "A20": "a worker killed twice ends the server",
    "A21": "a stop that takes for ever",
    "A22": "bodies, files and rows without bounds; two who migrate; a database that is silent",
}

#: Why a row has no test, and what is known of it without one.
UNTESTED: dict[str, str] = {
    "F3": "Not automated. F2 covers an immediate shutdown, after which PostgreSQL has to recover just the same; "
    "`serve` turns `synchronous_commit` on and refuses to start while `fsync` is off.",
    "F5": "Not automated. A connection that is refused is the error of F1 and goes the same way to 503.",
    "F6": "Not automated: needs a small disk of its own. Known of PostgreSQL: once its WAL disk is full it stops, and "
    "has to be started by hand when there is room again.",
    "F7": "Not automated: needs a small disk of its own.",
    "F11": "Not automated. The one job is the sweep; what it does to a delivery may be interrupted anywhere (F10).",
    "F14": "The case A19 below.",
    "F15": "Not automated. A worker that the system kills is F9.",
    "F16": "Not automated: needs a clock that can be moved. Order rests on 1mg's time and on arrival numbers, not on "
    "our clock, which only decides whether a time of 1mg's is believed.",
    "F17": "Not automated. Times are stored and compared in UTC.",
    "F18": "Not automated. The log goes to standard error, which belongs to the supervisor.",
    "F19": "There is no cache server.",
    "F20": "Too large for the suite; `make bench-scale` is for it.",
    "F21": "Not automated. docs/operate.md says how to make and check a backup.",
    "F23": "Not automated. `make bench` measures what one machine takes.",
}


def named_tests() -> dict[str, dict[str, list[str]]]:
    """Row -> file -> names of the tests that carry the row's id; a case's row is `case F2`."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (match := NAMED.match(node.name)):
                kind = "case " if match[1] or path.parent.name == "cases" else ""
                for row in match[2].strip("_").split("_"):
                    found[kind + row][str(path.relative_to(ROOT))].append(node.name)
    return found


def rows() -> Iterator[tuple[str, str]]:
    """Every row: its id and a few words."""
    yield from ((f"case {case}", words) for case, words in CASES.items())
    for letter, (_title, faults) in GROUPS.items():
        for number, words in enumerate(faults, start=1):
            yield f"{letter}{number}", words


def problems(tests: dict[str, dict[str, list[str]]]) -> list[str]:
    """What keeps the page from being written: rows nobody answers for, and tests of rows that do not exist."""
    known = [row for row, _words in rows()]
    missing = [f"{row} has neither a test nor a reason." for row in known if row not in tests and row not in UNTESTED]
    strange = [f"{row} is no row, but {sorted(tests[row])} names it." for row in tests if row not in known]
    return missing + strange


def page(tests: dict[str, dict[str, list[str]]]) -> str:
    """The page's text."""
    tested = sum(row in tests for row, _words in rows())
    lines = [
        "# Faults",
        "",
        "What may go wrong at the front door and on the way out, and the tests that hold each row. Written by",
        "`python -m tests.faults_page` from the names of the tests; do not edit it by hand.",
        "",
        f"{tested} of {len(list(rows()))} rows have tests. To run those of a row: `pytest -k E4_`. A *control* is a",
        "test that shows the fault doing harm where the protection is missing.",
    ]
    words = dict(rows())
    for letter, (title, faults) in GROUPS.items():
        lines += ["", f"## {letter}. {title}", "", "| row | fault | held by |", "|---|---|---|"]
        for row in (f"{letter}{number}" for number in range(1, len(faults) + 1)):
            lines.append(f"| {row} | {words[row]} | {_held_by(tests.get(row), row)} |")
    lines += ["", "## Cases", "", "What went wrong once on the running portal, by ids of their own.", ""]
    lines += ["| case | what happened | held by |", "|---|---|---|"]
    for case, happened in CASES.items():
        lines.append(f"| {case} | {happened} | {_held_by(tests.get(f'case {case}'), case)} |")
    return "\n".join(lines) + "\n"


def _held_by(files: dict[str, list[str]] | None, row: str) -> str:
    """The cell of one row: files with how many tests, or why there are none."""
    if not files:
        return UNTESTED[row]
    return "<br>".join(f"`{file}` {_counted(names)}" for file, names in sorted(files.items()))


def _counted(names: list[str]) -> str:
    controls = sum("control" in name for name in names)
    real = len(names) - controls
    said = [f"{real} test{'s' * (real != 1)}"] * (real > 0)
    said += [f"{controls} control{'s' * (controls != 1)}"] * (controls > 0)
    return ", ".join(said)


def main() -> int:
    """Write or check the page; the exit code."""
    tests = named_tests()
    if found := problems(tests):
        print(*found, sep="\n", file=sys.stderr)
        return 1
    text = page(tests)
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text)
    elif not PAGE.exists() or PAGE.read_text() != text:
        print(f"{PAGE.relative_to(ROOT)} is stale: run python -m tests.faults_page", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

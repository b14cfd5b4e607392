"""Reading JSON strictly (docs/faults.md, group C), without HTTP and without a database."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from webhooks import strict_json
from webhooks.strict_json import BodyProblem, canonical, parse, repair

ROOT = Path(__file__).resolve().parents[2]


def code_of(body: bytes) -> str:
    with pytest.raises(BodyProblem) as problem:
        parse(body)
    return problem.value.code


def nested(depth: int) -> bytes:
    """An object `depth` levels deep."""
    return b'{"a":' * depth + b"1" + b"}" * depth


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1',
        b'{"a": 1,}',
        b'{"a": [1,]}',
        b'{"a": 1} // said so',
        b"{'a': 1}",
        b"{\"a\": '1'}",
        b'{"a": 1}{}',
        b'{ {"a": 1}',
        b'{"a": 01}',
        b'{"a": .5}',
        b'{"a": 5.}',
        b'{"a": +1}',
        b'{"a": 0x1}',
        b'{"a": True}',
        b"{a: 1}",
        b'{"a": "\t"}',
        b'{"a": "\\x41"}',
        b'{"a": "\x00"}',
        '{"a": \u0661}'.encode(),
        b"\x00",
        b"undefined",
        b'{"a": "',
    ],
)
def test_C1_what_is_not_json_is_refused(body: bytes) -> None:
    assert code_of(body) == "not_json"


@pytest.mark.parametrize("body", [b"[]", b"[{}]", b'"text"', b"1", b"1.5", b"true", b"null"])
def test_C2_anything_but_an_object_is_refused(body: bytes) -> None:
    assert code_of(body) == "not_an_object"


@pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b"-Infinity"])
def test_C3_literals_that_are_no_json_are_refused(literal: bytes) -> None:
    assert code_of(b'{"a": [' + literal + b"]}") == "not_json"


@pytest.mark.parametrize(
    "number", ["1e400", "-1e400", "1e-400", "1e41", "1e99999999999999999999", "1e-99999999999999999999"]
)
def test_C4_numbers_beyond_any_column_are_refused(number: str) -> None:
    assert code_of(b'{"a": %s}' % number.encode()) == "number_out_of_range"


@pytest.mark.parametrize("zero", ["0e-999999999", "0.0e-999999999", "-0e999999999", "0e99999999999999999999"])
def test_C4_a_zero_with_a_thousand_million_places_is_never_written_out(zero: str) -> None:
    assert code_of(b'{"a": %s}' % zero.encode()) == "number_out_of_range"


@pytest.mark.parametrize("digits", [41, 4_000, 4_301, 100_000])
def test_C5_long_integers_are_refused(digits: int) -> None:
    assert code_of(b'{"a": %s}' % (b"9" * digits)) == "number_out_of_range"


def test_C5_forty_digits_are_kept_exactly() -> None:
    assert parse(b'{"a": %s}' % (b"9" * 40)) == {"a": "9" * 40}


@pytest.mark.parametrize("depth", [64, 65, 500, 994, 2_000, 100_000])
def test_C6_deep_nesting_is_refused(depth: int) -> None:
    assert code_of(nested(depth)) == "too_deep"


@pytest.mark.parametrize("depth", [1, 2, 63])
def test_C6_nesting_below_the_limit_is_read(depth: int) -> None:
    assert list(parse(nested(depth))) == ["a"]


def test_C6_unclosed_brackets_are_refused_before_they_are_parsed() -> None:
    assert code_of(b"[" * 500_000) == "too_deep"


def test_C6_brackets_in_strings_are_no_nesting() -> None:
    text = '[{"\\' * 1_000

    assert parse(canonical({"a": text})) == {"a": text}


@pytest.mark.parametrize("tail", [b'"' + b'\\"' * 450_000, b'"' + b"\\" * 900_001, b'"\\' * 450_000])
def test_C6_looking_for_nesting_takes_no_time_however_strings_are_quoted(tail: bytes) -> None:
    started = time.perf_counter()

    code = code_of(b"[]" * 64 + tail)

    assert (code, time.perf_counter() - started < 5) == ("not_json", True)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 2}',
        b'{"a": 1, "a": 1}',
        b'{"a": 1, "\\u0061": 2}',
        b'{"x": [{"a": 1, "b": 0, "a": 2}]}',
        b'{"": 1, "": 2}',
    ],
)
def test_C7_a_key_that_stands_twice_is_refused(body: bytes) -> None:
    assert code_of(body) == "duplicate_key"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("a\x00b", "a\ufffdb"),
        ("\ud800", "\ufffd"),
        ("\udfffx", "\ufffdx"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ({"k\x00": [{"\udc00": "\x00\x00"}]}, {"k\ufffd": [{"\ufffd": "\ufffd\ufffd"}]}),
    ],
)
def test_C8_C9_what_no_database_keeps_is_replaced(said: object, kept: object) -> None:
    assert repair(parse(b'{"a": %s}' % canonical(said))) == {"a": kept}


@pytest.mark.parametrize(
    "value", ["\U0001f48a", "पेरासिटामोल", "\u202eabc", "\u200b", "e\u0301", "\x7f", "\ufffe", "\ufeff"]
)
def test_C9_C14_any_other_text_stays_as_it_is(value: str) -> None:
    assert repair(parse(canonical({"a": value}))) == {"a": value}


@pytest.mark.parametrize("value", [None, True, False, "", "1", [], {}])
def test_repair_leaves_other_values_alone(value: object) -> None:
    assert repair([value]) == [value]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"a": 1, "b": [2, 3]}', b'\n{ "b" : [2,3],\t"a":1 }'),
        (b'{"a": {"y": 1, "x": 2}}', b'{"a": {"x": 2, "y": 1}}'),
        (b'{"a": "\\u00e9\\/"}', '{"a": "é/"}'.encode()),
        (b"\xef\xbb\xbf{}", b"{}"),
    ],
)
def test_C11_spelling_makes_no_difference(one: bytes, other: bytes) -> None:
    assert canonical(parse(one)) == canonical(parse(other))


@pytest.mark.parametrize(("one", "other"), [(b'{"a": [1, 2]}', b'{"a": [2, 1]}'), (b'{"a": null}', b'{"a": "null"}')])
def test_C11_content_does_make_a_difference(one: bytes, other: bytes) -> None:
    assert canonical(parse(one)) != canonical(parse(other))


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        (["1", "1.0", "1e0", "10e-1", "0.1e1", '"1"'], "1"),
        (["1563366689", "1563366689.0", "1.563366689e9", "1563366689.000", '"1563366689"'], "1563366689"),
        (["0", "-0", "0.0", "-0.0", "0e5", "0.000"], "0"),
        (["-5", "-5.0", "-50e-1"], "-5"),
        (["652.3599999999999", "6523599999999999e-13"], "652.3599999999999"),
        (["1200", "12e2", "1.2E+3"], "1200"),
        (["1e40"], "1" + "0" * 40),
        (["0.0001", "1e-4"], "0.0001"),
    ],
)
def test_C12_one_number_has_one_text(numbers: list[str], text: str) -> None:
    assert [parse(b'{"a": %s}' % number.encode())["a"] for number in numbers] == [text] * len(numbers)


def test_C13_a_decimal_never_becomes_binary() -> None:
    assert parse(b'{"a": 0.1000000000000000055511151231257827}') == {"a": "0.1000000000000000055511151231257827"}


def test_C10_ten_megabytes_of_brackets_cost_bounded_memory() -> None:
    script = (
        "import resource; from webhooks import strict_json;"
        "body = b'{\"a\":[' + b'[],' * 3_400_000 + b'[]]}';"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; strict_json.parse(body);"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)"
    )

    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert int(done.stdout) < 300


@pytest.mark.parametrize("body", [b"", b" ", b"\n\t ", b"\xef\xbb\xbf", b"\xef\xbb\xbf \n"])
def test_nothing_at_all_is_refused(body: bytes) -> None:
    assert code_of(body) == "empty"


@pytest.mark.parametrize(
    "body",
    [
        '{"a": 1}'.encode("utf-16"),
        '{"a": "é"}'.encode("latin-1"),
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": "\xc0\x80"}',
        b"\xff",
    ],
)
def test_what_is_not_utf8_is_refused(body: bytes) -> None:
    assert code_of(body) == "not_utf8"


def test_a_problem_says_where_and_never_what() -> None:
    with pytest.raises(BodyProblem) as problem:
        parse(b'{\n  "name": Asha}')

    assert (str(problem.value), problem.value.message) == ("The body is not JSON (line 2, column 11).",) * 2


def test_the_limits_are_the_documented_ones() -> None:
    assert (strict_json.MAX_DEPTH, strict_json.MAX_DIGITS) == (64, 40)

"""What came several times in a row is one line with a count."""

from __future__ import annotations

from orders.stories import repeats, story
from orders.stories.story import Line, RecordedAct, RecordedUpdate
from tests.orders.stories.test_story import HOUR, MINUTE, NOON, PLACE, act, update

ASKED = "1mg asked about the payment: PENDING ₹652.36"


def asked(number: int, after_minutes: int, text: str = ASKED) -> RecordedAct:
    """1mg's asking so many minutes after noon."""
    return act(after_minutes * MINUTE, text, pk=number, source="1mg", kind="payment", counted=True)


def told(*acts: RecordedAct, updates: tuple[RecordedUpdate, ...] = ()) -> list[Line]:
    """The story."""
    return repeats.once(story.tell(updates, acts, PLACE))


def test_one_alone_is_told_as_it_is() -> None:
    (line,) = told(asked(1, 0))

    assert line.text == ASKED


def test_several_alike_are_one_line_where_the_last_stands() -> None:
    (line,) = told(asked(1, 0), asked(2, 15), asked(3, 30))

    assert (line.text, line.at) == (f"{ASKED}, 3 times since Tue 10 Mar 12:00", NOON + 30 * MINUTE)


def test_another_word_is_another_line() -> None:
    lines = told(asked(1, 0), asked(2, 1), asked(3, 2, "SUCCESS"), asked(4, 3))

    assert [line.text for line in lines] == [f"{ASKED}, 2 times since Tue 10 Mar 12:00", "SUCCESS", ASKED]


def test_whatever_happens_in_between_begins_another_line() -> None:
    lines = told(asked(1, 0), asked(2, 90), asked(3, 95), updates=(update(130, HOUR),))

    assert [line.text for line in lines] == [ASKED, "Packaging", f"{ASKED}, 2 times since Tue 10 Mar 13:30"]


def test_other_acts_are_told_each() -> None:
    lines = told(act(text="Note: “ill”", pk=1), act(MINUTE, "Note: “ill”", pk=2))

    assert [line.text for line in lines] == ["Note: “ill”"] * 2


def test_a_silence_before_them_is_told_and_none_within_them() -> None:
    first, run, after = told(act(), asked(2, 13 * 60), asked(3, 39 * 60), act(40 * HOUR, "Taken", pk=4))

    assert (first.silence, run.silence, after.silence) == (None, 13 * HOUR, None)

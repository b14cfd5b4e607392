"""A call as a command for a terminal."""

from __future__ import annotations

import shlex

from payments.partners import curl


def test_it_is_one_command_whatever_stands_in_it() -> None:
    body = """{"reason": "it's $HOME; `rm`"}"""

    found = curl.command("PUT", "https://1mg.example/a?b=c", {"Authorization": "Bearer …"}, body)

    assert shlex.split(found) == [
        *("curl", "--request", "PUT", "https://1mg.example/a?b=c"),
        *("--header", "Authorization: Bearer …", "--data-raw", body),
    ]


def test_without_a_request_there_is_none() -> None:
    assert curl.command("PUT", "", {}, "") == ""

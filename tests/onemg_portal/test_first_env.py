"""The environment that `make run` makes, and what `run` adds to one that is there."""

from __future__ import annotations

from onemg_portal import first_env

SECRETS = {
    "SECRET_KEY",
    "ONEMG_WEBHOOK_TOKENS",
    "ONEMG_PAYMENT_TOKENS",
    "NIMBBL_ACCESS_KEY",
    "NIMBBL_ACCESS_SECRET",
}


def test_no_two_have_a_secret_in_common() -> None:
    one, other = (dict(line.split("=", 1) for line in first_env.first_env().splitlines()[1:]) for _ in range(2))

    same = {name for name in one if one[name] == other[name]}

    assert one.keys() - same >= SECRETS


def test_what_is_given_stays_but_for_the_addresses() -> None:
    found = first_env.partners_for(8123, {"ONEMG_BASE_URL": "https://x.example", "NIMBBL_ACCESS_KEY": "mine"})

    assert (found["ONEMG_BASE_URL"], found["NIMBBL_BASE_URL"]) == ("http://127.0.0.1:8123",) * 2
    assert "NIMBBL_ACCESS_KEY" not in found
    assert found["NIMBBL_ACCESS_SECRET"]


def test_who_has_another_way_in_is_given_no_key() -> None:
    assert "ONEMG_PRIVATE_KEY_FILE" in first_env.partners_for(8001, {})
    for name in ("ONEMG_PRIVATE_KEY", "ONEMG_BEARER_TOKEN"):
        assert "ONEMG_PRIVATE_KEY_FILE" not in first_env.partners_for(8001, {name: "x"})


def test_an_older_environment_comes_to_have_a_token_for_what_1mg_asks() -> None:
    older = {name: value for name, value in first_env.partners().items() if name != "ONEMG_PAYMENT_TOKENS"}

    assert len(first_env.partners_for(8001, older)["ONEMG_PAYMENT_TOKENS"]) >= 16
    assert "ONEMG_PAYMENT_TOKENS" not in first_env.partners_for(8001, {"ONEMG_PAYMENT_TOKENS": "mine"})

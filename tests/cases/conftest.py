"""What the tests of the cases share: both partners over real sockets, and a browser."""

from tests.payments.conftest import asha, buy, key_pair, partners  # noqa: F401

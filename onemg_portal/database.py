"""`DATABASE_URL`, as Django's settings have it. Of the disk it asks which folder is there, and makes the one it names.

read("sqlite:///var/portal.sqlite3", directory, limits)
read("postgres://portal@db/portal?sslmode=require", directory, limits)

Raises `ValueError` with the end of a sentence that begins with the variable. It holds nothing of the URL but the names
of options: a password could be anywhere in one that cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from onemg_portal.environment import YES

_POSTGRESQL: Final = re.compile("postgres(ql)?://", re.IGNORECASE)
_SQLITE: Final = re.compile("sqlite://", re.IGNORECASE)
#: Options of libpq that have a few values only; with another one no connection is ever made.
_WORDS: Final = {
    "sslmode": "disable|allow|prefer|require|verify-ca|verify-full",
    "gssencmode": "disable|prefer|require",
    "channel_binding": "disable|prefer|require",
    "target_session_attrs": "any|read-write|primary|prefer-standby",
    "connect_timeout": "[1-9][0-9]?",
    "client_encoding": "utf-?8|UTF-?8",
}
#: Not libpq's but Django's, for a pooler that gives each transaction another connection.
_NO_CURSORS: Final = "disable_server_side_cursors"
#: The two ways to set a parameter in libpq's `options`.
_PARAMETER: Final = re.compile(r"(?:-c\s*|--)([\w.-]+)\s*=")
#: Where a query begins; any other question mark belongs to a path or a password.
_QUERY: Final = re.compile(r"\?(?=\w+=)")
_LONE_PERCENT: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_UNREADABLE: Final = (
    "cannot be read as postgres://… or sqlite:///…. "
    "In a name or a password / is written %2F, @ is %40, : is %3A, % is %25 and a blank is %20."
)


def read(url: str, directory: Path, limits: Mapping[str, Any]) -> dict[str, Any]:
    """One of Django's `DATABASES`. `limits`: what each connection to PostgreSQL sets, by parameter."""
    if _SQLITE.match(url):
        return _sqlite(_path(url, directory))
    if _POSTGRESQL.match(url):
        return _postgresql(url, limits)
    raise ValueError("must begin with postgres:// or sqlite:///.")


def _sqlite(path: str) -> dict[str, Any]:
    """A file of SQLite's, or `:memory:`. With Django's defaults a third of concurrent webhooks find it locked."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }


def _path(url: str, directory: Path) -> str:
    """The file that is meant. The path stands for itself but for `%20` and its like, unless a folder is called so."""
    name = _SQLITE.sub("", url, count=1)
    if name in ("", ":memory:", "/:memory:"):
        return ":memory:"
    if not name.startswith("/") or name.endswith("/"):
        raise ValueError("must be sqlite:/// and the path of a file: sqlite:///here or sqlite:////from/the/root.")
    if re.search(r"\?\w+=[^/]*$", name):
        raise ValueError("can give SQLite no options; a question mark in a path is written %3F before name=value.")
    written, meant = directory / name[1:], directory / unquote(name[1:])
    if "\0" in str(meant):
        raise ValueError("names no file.")
    found = written.exists() and not meant.exists() or written.parent.exists() and not meant.parent.exists()
    return _made(written if found else meant)


def _made(file: Path) -> str:
    """The file's name, with a folder around it."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.is_dir():
            return str(file)
    except OSError as error:
        raise ValueError(f"names a file in a folder that cannot be made ({type(error).__name__}).") from None
    raise ValueError("names a folder where it must name a file.")


def _postgresql(url: str, limits: Mapping[str, Any]) -> dict[str, Any]:
    """A database of PostgreSQL's: its own options arrive, ours are set beside them."""
    said = _parsed(_POSTGRESQL.sub("", url, count=1))
    no_cursors = said.pop(_NO_CURSORS, "false")
    name, host, port = said.pop("dbname", ""), said.pop("host", ""), said.pop("port", "")
    _check_place(name, port)
    if not name and "service" not in said:
        raise ValueError("must name a database: postgres://user:password@host/name.")
    theirs = said.pop("options", "")
    _check_options(theirs, said, limits)
    ours = [f"-c {parameter}={value}" for parameter, value in limits.items()]
    return {
        # Django's, with an end to waiting for a server that is silent.
        "ENGINE": "onemg_portal.postgresql",
        "NAME": name,
        "USER": said.pop("user", ""),
        "PASSWORD": said.pop("password", ""),
        "HOST": host,
        "PORT": port,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": no_cursors.lower() in YES,
        "OPTIONS": {"connect_timeout": 3, **said, "options": " ".join([*ours, theirs]).strip()},
    }


def _parsed(url: str) -> dict[str, str]:
    """The parts by libpq's names for them, read by libpq itself, which knows its options."""
    head, *rest = _QUERY.split(url, maxsplit=1)
    options = dict(parse_qsl("&".join(rest), keep_blank_values=True))
    ours = {name: options.pop(name) for name in [_NO_CURSORS] if name in options}
    query = "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in options.items())
    try:
        found = conninfo_to_dict(f"postgresql://{_encoded(head.rstrip('?'))}?{query}")
    except psycopg.Error as error:
        if unknown := re.match(r'invalid URI query parameter: "(\w{1,40})"', str(error)):
            raise ValueError(f"has the option {unknown[1]}, which PostgreSQL's client does not know.") from None
        raise ValueError(_UNREADABLE) from None
    return {name: str(value) for name, value in found.items()} | ours


def _encoded(head: str) -> str:
    """User, password, place and name, with what people forget to encode and can be told apart all the same."""
    place, slash, name = head.partition("/")
    person, at, host = place.rpartition("@")
    whole = person.replace("@", "%40") + at + host + slash + name
    return _LONE_PERCENT.sub("%25", whole).replace(" ", "%20")


def _check_place(name: str, port: str) -> None:
    """What stands where it cannot be meant comes from a password that was not encoded."""
    ports = [one for one in port.split(",") if one]
    if "@" in name or not all(one.isascii() and one.isdigit() and 0 < int(one) < 65536 for one in ports):
        raise ValueError(_UNREADABLE)


def _check_options(theirs: str, said: Mapping[str, str], limits: Mapping[str, Any]) -> None:
    for name, form in _WORDS.items():
        if name in said and not re.fullmatch(form, said[name]):
            raise ValueError(f"has an option {name} with a value that it cannot have.")
    if ours := {parameter.lower().replace("-", "_") for parameter in _PARAMETER.findall(theirs)} & limits.keys():
        raise ValueError(f"may not set {' and '.join(sorted(ours))}: the portal sets it itself, see docs/operate.md.")

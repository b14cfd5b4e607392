"""One line of JSON a log record: no line break or escape code of a sender's can forge another line."""

import json
import logging
from datetime import UTC, datetime

from django.urls import Resolver404, resolve


class NameTheKindOfAddress(logging.Filter):
    """Says for which kind of address a request was, never what stood there: ids and names are what others wrote."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record, without the path of its request."""
        path = getattr(getattr(record, "request", None), "path", None)
        if path is not None and isinstance(record.args, tuple):
            record.args = tuple(_kind(path) if one == path else one for one in record.args)
        return True


def _kind(path: str) -> str:
    """As `/orders/<str:merchant_order_id>/`; the partners' doors open without the last slash too."""
    try:
        return f"/{resolve(path.rstrip('/') + '/').route}"
    except Resolver404:
        return "an address that is none of ours"


class JsonFormatter(logging.Formatter):
    """Time, level, logger and message; of an exception its type and place, never its text.

    Database errors quote the row they failed on, which holds patients' data.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        line = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["where"] = _where(record.exc_info[2])
        return json.dumps(line)


def _where(traceback: object) -> str:
    """File and line of the last few frames."""
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code  # type: ignore[attr-defined]
        frames.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{traceback.tb_lineno} {code.co_name}")  # type: ignore[attr-defined]
        traceback = traceback.tb_next  # type: ignore[attr-defined]
    return " < ".join(reversed(frames[-6:]))

"""nginx with docs/nginx.conf.example, on ports and in a directory of a test's own."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import server as servers
from tests.server import ROOT, Server

NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
EXAMPLE = ROOT / "docs" / "nginx.conf.example"


def needs_nginx() -> str:
    """The path of nginx, or the test is skipped."""
    if NGINX is None:
        pytest.skip("nginx is not installed here (Debian: apt-get install nginx-light)")
    return NGINX


@dataclass
class Nginx(Server):
    """nginx before a portal: `port` as for https, `plain_port` for http, and its directory."""

    plain_port: int
    directory: Path

    def logs(self) -> str:
        """Both logs."""
        return "".join((self.directory / name).read_text() for name in ("access.log", "error.log"))


def nginx_config(directory: Path, *, port: int, plain_port: int, upstream: int) -> Path:
    """docs/nginx.conf.example with ports and places of this test, and without TLS."""
    text = EXAMPLE.read_text()
    root = "user root;" if os.geteuid() == 0 else ""
    temporary = "".join(
        f"{kind}_temp_path {directory}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    for pattern, replacement in (
        (r"user www-data;", root),
        (r"/run/nginx\.pid", f"{directory}/nginx.pid"),
        (r"/var/log/nginx/", f"{directory}/"),
        (r"include /etc/nginx/mime\.types;", temporary),
        (r"worker_rlimit_nofile \d+;", ""),
        (r"listen 80 default_server;", f"listen 127.0.0.1:{plain_port};"),
        (r"listen 443 ssl default_server;", f"listen 127.0.0.1:{port};"),
        (r"ssl_certificate(_key)? [^;]+;", ""),
        (r"server 127\.0\.0\.1:8000 ", f"server 127.0.0.1:{upstream} "),
    ):
        text, times = re.subn(pattern, replacement, text)
        assert times, f"docs/nginx.conf.example has no {pattern}"
    config = directory / "nginx.conf"
    config.write_text(text)
    return config


@contextlib.contextmanager
def running_nginx(directory: Path, upstream: int) -> Iterator[Nginx]:
    """nginx, up and answering; stopped afterwards."""
    binary, port, plain_port = needs_nginx(), servers.free_port(), servers.free_port()
    config = nginx_config(directory, port=port, plain_port=plain_port, upstream=upstream)
    command = [binary, "-p", str(directory), "-c", str(config), "-g", "daemon off;"]
    with (directory / "out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    nginx = Nginx(process, port, directory / "out", plain_port, directory)
    try:
        for _ in range(100):
            assert process.poll() is None, nginx.log.read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield nginx
    finally:
        nginx.stop()

"""What the portal writes is for its own account alone, whatever the umask it is started with (A22)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.server import ROOT, environment

OPEN = "from django.db import connection as c; c.cursor().execute('CREATE TABLE IF NOT EXISTS x (y)'); "
LOOK = "import glob, os; print({oct(os.stat(f).st_mode)[-3:] for f in glob.glob(c.settings_dict['NAME'] + '*')})"


def portal(database: Path, *arguments: str) -> str:
    """What a command says that is started with the usual umask."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(f"sqlite:///{database}"),
        capture_output=True,
        text=True,
        timeout=120,
        umask=0o022,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def mode(path: Path) -> str:
    return oct(path.stat().st_mode)[-3:]


def test_A22_the_sqlite_file_its_log_and_its_directory_are_ours_alone(tmp_path: Path) -> None:
    database = tmp_path / "var" / "portal.sqlite3"

    modes = portal(database, "shell", "-v0", "-c", OPEN + LOOK)

    assert (modes.strip(), mode(database.parent)) == ("{'600'}", "700")


@pytest.mark.parametrize("ending", ["", "-wal", "-shm"])
def test_A22_a_file_that_others_could_read_is_tightened_at_the_start(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"portal.sqlite3{ending}"
    file.touch(0o644)

    portal(tmp_path / "portal.sqlite3", "check")

    assert mode(file) == "600"


def test_A22_so_is_var_which_has_the_logs_of_make_run() -> None:
    var = ROOT / "var"
    var.mkdir(exist_ok=True)
    var.chmod(0o755)

    portal(var / "nothing-here.sqlite3", "check")

    assert mode(var) == "700"

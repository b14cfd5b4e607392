"""The files that the portal writes hold patients' data. The settings make new ones private; here the older ones."""

from pathlib import Path

from django.conf import settings


def keep_private() -> None:
    """Take from others what they may do with the database and with `var/`.

    SQLite gives its -wal and -shm the mode of the database. Whoever put it elsewhere decides about that directory.
    """
    _tighten(settings.BASE_DIR / "var", 0o700)
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        for ending in ("", "-wal", "-shm", "-journal"):
            _tighten(Path(f"{database['NAME']}{ending}"), 0o600)


def _tighten(path: Path, mode: int) -> None:
    """What is not there, or belongs to somebody else, stays as it is."""
    try:
        if path.stat().st_mode & 0o777 & ~mode:
            path.chmod(mode)
    except OSError:
        return

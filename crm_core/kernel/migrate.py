"""Schema changes, run at start: Alembic on both dialects."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError

from crm_core.kernel.db import make_engine, normal_url
from crm_core.kernel.errors import ConfigError

MIGRATIONS = Path(__file__).parent.parent / "migrations"
LOCK = 0x63686578696E
TABLE_WAIT_S = 3
RETRIES = (0.5, 1, 2, 4, 8, 8, 8)
# Waited too long for a table, or waited for each other: nothing was changed, and the same again will do.
_BUSY = ("55P03", "40P01")


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` to a revision; one that is there already, or beyond, is left alone.

    Any number of processes may ask at once: one works, the others wait and find it done. Servers of the version
    before may go on working. Raises ConfigError when they keep the tables busy for too long; nothing changed then.
    """
    from alembic import command

    for pause in RETRIES:
        try:
            with _connection(url) as config:
                command.upgrade(config, revision)
            return
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", "") not in _BUSY:
                raise
            time.sleep(pause)
    raise ConfigError("CHEXIN_DATABASE_URL", "the servers keep the tables busy; change the schema in a quieter moment")


def downgrade(url: str, revision: str = "base") -> None:
    """Take the database back to a revision."""
    from alembic import command

    with _connection(url) as config:
        command.downgrade(config, revision)


def head() -> str:
    """The newest revision, read from file names without importing Alembic: they sort by number."""
    return max(path.name.split("_", 1)[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def current(url: str) -> str | None:
    """The revision the database is at; None for an empty one. Raises ConfigError when it cannot be reached."""
    engine = make_engine(normal_url(url))
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            revision: str | None = connection.execute(
                text("select version_num from alembic_version")
            ).scalar()
            return revision
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise ConfigError("CHEXIN_DATABASE_URL", f"the database cannot be used: {reason}") from error
    finally:
        engine.dispose()


def is_older(revision: str | None) -> bool:
    """Whether a database at this revision lacks something this version needs."""
    return revision is None or revision < head()


def is_newer(revision: str | None) -> bool:
    """Whether a later version has changed this database; changes only add, so this version can work on it."""
    return revision is not None and revision > head()


def prepare(url: str, *, by_hand: bool = False) -> None:
    """Make the database ready for this version before anything else is done with it.

    Raises ConfigError when it is not, and changes of the schema are made by hand.
    """
    revision = current(url)
    if not is_older(revision):
        return
    if by_hand:
        raise ConfigError("CHEXIN_MIGRATE", f"the database is at {revision or 'nothing'} and this version needs {head()}; "
                                            "run `run_bot.py migrate` first")  # fmt: skip
    upgrade(url)


class _connection:
    """An Alembic config over one connection of ours, so that its begin and pragmas are ours too.

    Everything is one transaction, which lets nobody else write an SQLite file; on PostgreSQL it holds a lock that
    only migrations take, and waits only briefly for a table: who waits for a table holds up everybody behind him.
    """

    def __init__(self, url: str) -> None:
        self._url = normal_url(url)

    def __enter__(self):  # type: ignore[no-untyped-def]
        from alembic.config import Config

        self._engine = make_engine(self._url)
        self._connection = self._engine.connect().execution_options(chexin_write=True)
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = self._connection
        self._connection.begin()  # the revision is read under the lock, or two processes take the same step
        if self._engine.dialect.name == "postgresql":
            self._connection.execute(text(f"select pg_advisory_xact_lock({LOCK})"))
            self._connection.execute(text(f"set local lock_timeout = '{TABLE_WAIT_S}s'"))
        return config

    def __exit__(self, *exc: object) -> None:
        self._connection.close()
        self._engine.dispose()

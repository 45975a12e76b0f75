"""Schema changes, run at start: Alembic on both dialects."""

from __future__ import annotations

from pathlib import Path

from crm_core.kernel.db import make_engine, normal_url

MIGRATIONS = Path(__file__).parent.parent / "migrations"


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` to a revision; a database that is there already is left alone."""
    from alembic import command

    with _connection(url) as config:
        command.upgrade(config, revision)


def downgrade(url: str, revision: str = "base") -> None:
    """Take the database back to a revision."""
    from alembic import command

    with _connection(url) as config:
        command.downgrade(config, revision)


def head() -> str:
    """The newest revision, read from file names without importing Alembic: they sort by number."""
    return max(path.name.split("_", 1)[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def current(url: str) -> str | None:
    """The revision the database is at; None for an empty one."""
    from sqlalchemy import inspect, text

    engine = make_engine(normal_url(url))
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            revision: str | None = connection.execute(
                text("select version_num from alembic_version")
            ).scalar()
            return revision
    finally:
        engine.dispose()


class _connection:
    """An Alembic config over one connection of ours, so that its begin and pragmas are ours too."""

    def __init__(self, url: str) -> None:
        self._url = normal_url(url)

    def __enter__(self):  # type: ignore[no-untyped-def]
        from alembic.config import Config

        self._engine = make_engine(self._url)
        self._connection = self._engine.connect().execution_options(chexin_write=True)
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = self._connection
        return config

    def __exit__(self, *exc: object) -> None:
        self._connection.close()
        self._engine.dispose()

"""The core's own settings, from the environment and `.env`."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from crm_core.kernel.errors import ConfigError

MIN_SECRET = 32


class Settings(BaseSettings):
    """Where the data lives and which key protects it. Names are `CHEXIN_*`."""

    model_config = SettingsConfigDict(env_prefix="CHEXIN_", env_file=".env", extra="ignore")

    data_dir: Path = Path("data")
    database_url: str = Field(default="", repr=False, description="may hold a password")
    policies: Path | None = Field(default=None, description="a directory whose YAML overlays the defaults")
    secret_key: SecretStr = SecretStr("")
    old_secret_keys: SecretStr = SecretStr("")
    audit_anchor: str = Field(default="", description="a second file, or a web address, for the audit's ends")
    migrate: Literal["auto", "manual"] = "auto"
    erasure_journal: Path | None = Field(default=None, description="where erasures are written down besides")

    @property
    def url(self) -> str:
        """The database's address; SQLite in the data directory when none is set."""
        return self.database_url or f"sqlite:///{self.data_dir / 'chexin.db'}"

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    @property
    def erasures(self) -> Path:
        """The file that outlives the database: whatever copy of it comes back, who was erased stays erased."""
        return self.erasure_journal or self.data_dir / "erasures.jsonl"

    def key(self) -> str:
        """The secret key; on the embedded database one is made and kept when none is set.

        Raises ConfigError when PostgreSQL is used without a key, or the key is short.
        """
        given = self.secret_key.get_secret_value()
        if given:
            return _long_enough(given)
        if not self.is_sqlite:
            raise ConfigError(
                "CHEXIN_SECRET_KEY",
                "PostgreSQL needs a key shared by all processes: set 32 or more random characters, "
                "for example from `openssl rand -hex 32`",
            )
        return _kept_key(self.kept_key)

    @property
    def kept_key(self) -> Path:
        """Where the key is that was made because none was set."""
        return self.data_dir / "secret.key"

    @property
    def next_key(self) -> Path:
        """Where the key is that takes its place once everything is sealed with it."""
        return self.data_dir / "secret.key.next"

    def old_keys(self) -> tuple[str, ...]:
        """Other keys that values may be under, to read them. Raises ConfigError for a short one.

        A change of the made key that was cut off left the next one beside it; some values are under that.
        """
        parts = self.old_secret_keys.get_secret_value().split(",")
        if self.next_key.exists() and not self.secret_key.get_secret_value():
            parts.append(self.next_key.read_text())
        return tuple(_long_enough(key.strip(), "CHEXIN_OLD_SECRET_KEYS") for key in parts if key.strip())


def _long_enough(key: str, setting: str = "CHEXIN_SECRET_KEY") -> str:
    if len(key) < MIN_SECRET:
        raise ConfigError(setting, f"needs {MIN_SECRET} or more characters, it has {len(key)}")
    return key


def _kept_key(path: Path) -> str:
    """Read the key beside the database, or make it; the first process to create the file wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(path, "x", opener=lambda p, flags: _open_private(p, flags)) as file:
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    return _long_enough(path.read_text().strip())


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

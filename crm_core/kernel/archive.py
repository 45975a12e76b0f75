"""A backup as one file: a compressed tar with a manifest first and the database after it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, cast

from crm_core.kernel.errors import ConfigError

FORMAT = 1
MANIFEST = "manifest.json"
LEFT_OUT = {
    "secret key": "keep it apart from the backups; without it they cannot be read",
    "search index": "made again from the database within moments of the start",
    "policies and settings": "files of yours: keep them where you keep your configuration",
}
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `counts` are rows by table, `key_id` names the secret key without telling it."""

    at: str
    version: str
    revision: str
    dialect: str
    schema: str
    key_id: str
    member: str
    size: int
    sha256: str
    counts: dict[str, int]
    format: int = FORMAT

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    def to_json(self) -> str:
        return json.dumps(asdict(self) | {"left_out": LEFT_OUT}, ensure_ascii=False, indent=1)


def write_archive(file: Path, manifest: Manifest, database: Path) -> None:
    """Write the file whole or not at all, readable by its owner alone."""
    part = file.with_name(f".{file.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        with tarfile.open(fileobj=out, mode="w:gz", compresslevel=3) as tar:
            text = manifest.to_json().encode()
            about = tarfile.TarInfo(MANIFEST)
            about.size, about.mode = len(text), 0o600
            tar.addfile(about, io.BytesIO(text))
            tar.add(database, manifest.member)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)


def read_manifest(file: Path) -> Manifest:
    """The manifest of a backup. Raises ConfigError for a file that is none, or of a newer form."""
    with _opened(file) as tar:
        return _manifest(tar, file)


def extract(file: Path, manifest: Manifest, target: Path) -> None:
    """Write the database of a backup to `target`. Raises ConfigError when the file was cut or changed."""
    digest, size = hashlib.sha256(), 0
    try:
        with _opened(file) as tar, target.open("wb") as out:
            source = cast(BinaryIO, tar.extractfile(manifest.member))
            while block := source.read(_BLOCK):
                digest.update(block)
                size += len(block)
                out.write(block)
    except (KeyError, EOFError, OSError, tarfile.TarError) as error:
        raise ConfigError(str(file), f"the backup is cut or damaged ({type(error).__name__})") from error
    if (digest.hexdigest(), size) != (manifest.sha256, manifest.size):
        raise ConfigError(str(file), "the backup was changed or damaged: its checksum does not fit")


def checksum(path: Path) -> str:
    """SHA-256 of a file, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _opened(file: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(file, "r:gz")
    except FileNotFoundError:
        raise ConfigError(str(file), "there is no such file") from None
    except (OSError, EOFError, tarfile.TarError) as error:
        raise ConfigError(str(file), "this is no backup of Chexin's, or it is cut off") from error


def _manifest(tar: tarfile.TarFile, file: Path) -> Manifest:
    try:
        first = tar.next()
        if first is None or first.name != MANIFEST or first.size > _BLOCK:
            raise KeyError(MANIFEST)
        found = json.load(cast(BinaryIO, tar.extractfile(first)))
        if found["format"] > FORMAT:
            raise ConfigError(str(file), f"the backup was made by a newer version ({found['version']})")
        del found["left_out"]
        return Manifest(**found)
    except (KeyError, TypeError, ValueError, EOFError, OSError, tarfile.TarError) as error:
        raise ConfigError(str(file), "this is no backup of Chexin's, or it is damaged") from error

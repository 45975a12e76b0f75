"""How much of one file is looked at, and by how much of the machine."""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib

from retrieval.documents.model import Unreadable

MB = 1024 * 1024
MAX_BYTES = 10 * MB
MAX_UNPACKED = 50 * MB
MAX_RATIO = 100
RATIO_FROM = 1 * MB  # a small part of blanks packs well, and harms nobody
MAX_PARTS = 2_000
MAX_PAGES = 200
MAX_CHARS = 3_000_000
MAX_CHUNKS = 5_000
CPU_SECONDS = 10
WALL_SECONDS = 60
MEMORY = 512 * MB


def check_size(size: int) -> None:
    """Raises Unreadable for a file that is too large to be looked at."""
    if size > MAX_BYTES:
        raise Unreadable("too_large", f"larger than {MAX_BYTES // MB} MB", limit=MAX_BYTES // MB)


def check_pages(count: int) -> None:
    """Raises Unreadable for a document with too many pages."""
    if count > MAX_PAGES:
        raise Unreadable("pages", f"more than {MAX_PAGES} pages", limit=MAX_PAGES, count=count)


def check_zip(data: bytes) -> None:
    """Unpack a packed document into nothing, and stop where it grows beyond what an honest one does.

    Sizes the archive tells of itself are not believed. Raises Unreadable.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS:
                raise Unreadable("unpacked", f"more than {MAX_PARTS} parts", limit=MAX_UNPACKED // MB)
            total = 0
            for part in parts:
                total += _unpacked(archive, part, MAX_UNPACKED - total)
    except Unreadable:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        OSError,
        ValueError,
        RuntimeError,
    ) as error:
        raise Unreadable("broken", "damaged, or not what its name says") from error


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> int:
    if part.flag_bits & 1:
        raise Unreadable("locked", "protected by a password")
    size = 0
    with archive.open(part) as stream:
        while block := stream.read(1 << 16):
            size += len(block)
            if size > left:
                raise Unreadable(
                    "unpacked", f"larger than {MAX_UNPACKED // MB} MB unpacked", limit=MAX_UNPACKED // MB
                )
            if size > RATIO_FROM and size > MAX_RATIO * max(part.compress_size, 1):
                raise Unreadable("ratio", f"packed more than {MAX_RATIO} times: this is how bombs are made",
                                 limit=MAX_RATIO)  # fmt: skip
    return size

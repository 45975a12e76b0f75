"""A paid service that knows which part numbers belong to a VIN: a port, and none shipped.

`CHEXIN_VIN_SERVICE=package.module:make` names a function without arguments that returns a `VinPartsService`. It
is asked outside any transaction, within a time limit, and what it says is a claim of that service by name: each
number is still looked up in the own catalogue.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

import structlog

from crm_core.fitment.normalise import oe_key, vin_key
from crm_core.kernel.errors import ConfigError

SECONDS = 4.0
MAX_PARTS = 20
AT_ONCE = 4
SETTING = "CHEXIN_VIN_SERVICE"
_free = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class OfferedPart:
    """A number the service gives for a VIN."""

    oe: str
    name: str = ""
    position: str = ""


class VinPartsService(Protocol):
    """Who is asked. `name` is shown as the source."""

    name: str

    def parts(self, vin: str, words: str, seconds: float) -> Sequence[OfferedPart]:
        """The numbers for what is meant by `words` (`前刹车片`) on this very car. May raise anything."""


def open_service(address: str) -> VinPartsService | None:
    """The service an address names; None for an empty one. Raises ConfigError naming the setting."""
    if not address:
        return None
    module, _, maker = address.partition(":")
    try:
        found = getattr(import_module(module), maker)()
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise ConfigError(SETTING, f"{address!r} cannot be opened: {error}") from error
    if not (hasattr(found, "name") and callable(getattr(found, "parts", None))):
        raise ConfigError(SETTING, f"{address!r} makes no VinPartsService")
    return cast(VinPartsService, found)


def parts_of(
    service: VinPartsService, vin: str, words: str, seconds: float = SECONDS
) -> tuple[OfferedPart, ...] | None:
    """What the service says of a VIN. None when it did not answer in time, failed, or too many wait for it.

    Never call it inside a transaction. A call that does not come back is left behind and holds one place.
    """
    key = vin_key(vin)
    if not key or not _free.acquire(blocking=False):
        return None
    found: list[Sequence[OfferedPart]] = []

    def ask() -> None:
        try:
            found.append(service.parts(key, words, seconds))
        except Exception as error:
            # Whatever a stranger's adapter raises, the house answers without it.
            structlog.get_logger().warning(
                "vin_service_failed", service=service.name, error=type(error).__name__
            )
        finally:
            _free.release()

    thread = threading.Thread(target=ask, name="vin-service", daemon=True)
    thread.start()
    thread.join(seconds)
    if not found:
        return None
    return tuple(part for part in found[0][:MAX_PARTS] if oe_key(part.oe))

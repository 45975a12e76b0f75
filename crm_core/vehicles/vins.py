"""VINs that were misread or mistyped by one character: which may have been meant."""

from __future__ import annotations

from collections.abc import Iterator

# Signs of a plate under glass or a copied certificate that eyes and cameras take for each other.
_LOOK_ALIKE = tuple(
    "0D 0C 0G 1L 1T 17 1J 2Z 3B 38 4A 5S 56 6G 69 8B CG DP EF HN HM KX MN MW NW PR UV VW VY XY".split()
)


def near_vins(vin: str) -> Iterator[str]:
    """VINs one misread character or one swap of neighbours away, the misread ones first. `vin` is a key."""
    for at, char in enumerate(vin):
        for pair in _LOOK_ALIKE:
            if char in pair:
                yield vin[:at] + pair.replace(char, "") + vin[at + 1 :]
    for at in range(len(vin) - 1):
        if vin[at] != vin[at + 1]:
            yield vin[:at] + vin[at + 1] + vin[at] + vin[at + 2 :]

"""What is due leaves the house: into threads kept here, and over networks to the channels."""

from bot.delivery.drawing import Drawing
from bot.delivery.local import Deliverer
from bot.delivery.sender import Sender

__all__ = ["Deliverer", "Drawing", "Sender"]

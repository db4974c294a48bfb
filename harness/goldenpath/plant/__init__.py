"""What we put into a target: users, canaries, tools, and the transport with its shapes."""

from goldenpath.plant.plant import Plant
from goldenpath.plant.shapes import Tap
from goldenpath.plant.tools import TOOL_NAMES, PlantedTool, ToolFailure, Tools
from goldenpath.plant.transport import Transport
from goldenpath.plant.users import PlantedUser, plant_user

__all__ = [
    "TOOL_NAMES",
    "Plant",
    "PlantedTool",
    "PlantedUser",
    "Tap",
    "ToolFailure",
    "Tools",
    "Transport",
    "plant_user",
]

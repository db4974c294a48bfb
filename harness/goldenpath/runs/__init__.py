"""From the entries of a history to its runs and calls, and whose each frame is."""

from goldenpath.runs.gathered import Call, Run, Seen, by_link
from goldenpath.runs.ledger import Ledger

__all__ = ["Call", "Ledger", "Run", "Seen", "by_link"]

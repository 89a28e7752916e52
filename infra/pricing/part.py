"""Parts of the bill. Pure: no resources."""

from typing import Literal

Part = Literal["tasks", "network", "database", "cache", "monitoring", "other"]
"""As `python -m ops cost` compares the estimate with what AWS has billed."""

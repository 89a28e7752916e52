"""How the steps of a release tell the operator what they do."""

from collections.abc import Callable

Tell = Callable[[str], None]
"""Takes one line; safe to call from any thread."""

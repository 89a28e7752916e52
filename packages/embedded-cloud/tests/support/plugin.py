"""AWS's Session Manager plugin, where it is installed."""

import os
import shutil
from pathlib import Path

import pytest


def session_manager_plugin() -> str:
    """Path of the plugin: on PATH, or where set-up builds it. Skips the test on a machine without."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    built = sorted(cache.glob("*/session-manager-plugin-*"))
    found = shutil.which("session-manager-plugin", path=os.pathsep.join([os.environ["PATH"], *map(str, built)]))
    if found is None:
        pytest.skip("session-manager-plugin is not installed")
    return found

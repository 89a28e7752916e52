"""AWS on one machine for Pulumi programs.

`running` starts everything with one configuration; `EmbeddedCloud` starts AWS's API and its agents, `serve` one Pulumi
package on it. `resource_types` lists the supported types. Heavy modules are imported at first use, so that a command
that only reads `Endpoints` starts in milliseconds.
"""

import importlib
from typing import TYPE_CHECKING, Any

from embedded_cloud.config import ACCOUNT_ID, REGION, Clocks, CloudConfig
from embedded_cloud.endpoints import Endpoints

if TYPE_CHECKING:
    from embedded_cloud.cloud import EmbeddedCloud
    from embedded_cloud.providers import serve
    from embedded_cloud.providers.catalog import resource_types
    from embedded_cloud.serving import running

__all__ = [
    "ACCOUNT_ID",
    "REGION",
    "Clocks",
    "CloudConfig",
    "EmbeddedCloud",
    "Endpoints",
    "resource_types",
    "running",
    "serve",
]

_MODULES = {
    "EmbeddedCloud": "embedded_cloud.cloud",
    "resource_types": "embedded_cloud.providers.catalog",
    "running": "embedded_cloud.serving",
    "serve": "embedded_cloud.providers",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(importlib.import_module(_MODULES[name]), name)

"""The whole table, by type token of Pulumi."""

from infra.provider.actions.compute import COMPUTE
from infra.provider.actions.data import DATA
from infra.provider.actions.model import Actions
from infra.provider.actions.network import NETWORK
from infra.provider.actions.operations import OPERATIONS
from infra.provider.actions.requests import FUNCTIONS, REQUESTS

RESOURCES: dict[str, Actions] = {**NETWORK, **COMPUTE, **DATA, **OPERATIONS}
"""Every type of resource that the program makes with any settings."""
EVERYTHING: tuple[Actions, ...] = (*RESOURCES.values(), *FUNCTIONS.values(), *REQUESTS.values())

"""Importing this takes seconds and loads all that the program needs; what is forked from here starts at once."""

import infra.wiring.data
import infra.wiring.entrance
import infra.wiring.ground
import infra.wiring.hosting
import infra.wiring.release
import infra.wiring.watch  # noqa: F401
from local.provider import schema
from local.provider.catalog import catalog

for package in ("aws", "random", "docker"):
    for token in catalog(package).resources:
        schema.outputs_of(token)
        schema.inputs_of(token)

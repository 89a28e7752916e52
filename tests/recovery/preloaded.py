"""Modules and schemas that every engine command needs: importing them takes seconds, and a fork inherits them."""

from embedded_cloud.providers.catalog import catalog
from embedded_cloud.providers.inputs import schema

for package in ("aws", "random", "docker"):
    for token in catalog(package).resources:
        schema.outputs_of(token)
        schema.inputs_of(token)

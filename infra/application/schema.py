"""`python -m infra.application.schema` writes docs/hosting.schema.json, by which editors check hosting.toml."""

import json
from pathlib import Path

from infra.application.manifest import Manifest

SCHEMA_FILE = "docs/hosting.schema.json"


def schema_text() -> str:
    """The JSON Schema of hosting.toml."""
    about = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "hosting.toml"}
    return json.dumps({**Manifest.model_json_schema(), **about}, indent=2) + "\n"


if __name__ == "__main__":
    Path(SCHEMA_FILE).write_text(schema_text())

"""Write the image's Python packages as CycloneDX: `sbom.py FILE`, run by the image's Python.

Scanners read the base image's packages from its dpkg database.
"""

import json
import re
import sys
from importlib import metadata
from pathlib import Path


def component(package: metadata.Distribution) -> dict[str, object]:
    """One package as a CycloneDX component. https://cyclonedx.org/docs/1.6/json/#components"""
    name = re.sub(r"[-_.]+", "-", package.metadata["Name"]).lower()
    purl = f"pkg:pypi/{name}@{package.version}"
    found: dict[str, object] = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": package.version,
        "purl": purl,
    }
    expression = package.metadata.get("License-Expression")
    if expression:
        found["licenses"] = [{"expression": expression}]
    return found


def main(file: Path) -> None:
    """Write the file, sorted and without a time, so that the same packages give the same file."""
    components = sorted(map(component, metadata.distributions()), key=lambda found: str(found["bom-ref"]))
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components}
    file.write_text(json.dumps(document, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Adds to a container, before it is made, where AWS is here and whose word its database's certificate is."""

import json
import os
import sys
from pathlib import Path

AUTHORITY = Path("/etc/instance/authority.pem")
BUNDLE = "etc/ssl/certs/rds-global-bundle.pem"
"""Where the web image keeps RDS's authorities (docker/Dockerfile)."""


def complete(config: dict[str, object], endpoint: str, *, has_bundle: bool) -> dict[str, object]:
    """The container's configuration with both."""
    process: dict[str, list[str]] = config["process"]  # type: ignore[assignment]
    mounts: list[object] = config["mounts"]  # type: ignore[assignment]
    process["env"].append(f"AWS_ENDPOINT_URL={endpoint}")
    if has_bundle:
        mounts.append(
            {"destination": f"/{BUNDLE}", "type": "bind", "source": str(AUTHORITY), "options": ["rbind", "ro"]}
        )
    return config


def main(arguments: list[str]) -> None:
    """`runc`'s own command line; the folder of the configuration is in it."""
    place = next((index for index, word in enumerate(arguments) if word in ("--bundle", "-b")), None)
    path = Path(arguments[place + 1] if place is not None else ".", "config.json")
    config = json.loads(path.read_text())
    root = Path(config["root"]["path"])
    path.write_text(json.dumps(complete(config, os.environ["AWS_ENDPOINT_URL"], has_bundle=(root / BUNDLE).exists())))


if __name__ == "__main__":
    main(sys.argv[1:])

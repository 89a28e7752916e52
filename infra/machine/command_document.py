"""The one thing that Systems Manager may be told to run for a deploy. Pure."""

import json

EXECUTION_SECONDS = 7200
"""A migration's hour, and room for pulling images and the wait for health."""

DOCUMENT = {
    "schemaVersion": "2.2",
    "description": "Prepare or deploy a release of the site on this machine",
    "parameters": {
        "command": {"type": "String", "allowedValues": ["prepare", "deploy"]},
        "release": {"type": "String", "allowedPattern": "^releases/[0-9a-f]{64}\\.json$"},
    },
    "mainSteps": [
        {
            "action": "aws:runShellScript",
            "name": "preqly",
            "inputs": {
                "timeoutSeconds": str(EXECUTION_SECONDS),
                "runCommand": ["/usr/local/sbin/preqly {{ command }} {{ release }}"],
            },
        }
    ],
}
"""Its parameters cannot hold anything but two words and the name of a release: it is no shell."""


def command_document() -> str:
    """The document's content."""
    return json.dumps(DOCUMENT, sort_keys=True)

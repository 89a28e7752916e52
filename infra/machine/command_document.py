"""The one thing that Systems Manager may be told to run on the machine. Pure."""

import json

EXECUTION_SECONDS = 7200
"""A migration's hour, and room for pulling images and the wait for health."""
NOT_INSTALLED = 75
"""Exit code while user data has not ended, or has failed (EX_TEMPFAIL of sysexits.h)."""
OTHER_MACHINE = 76
"""Exit code of `prepare` for a release that only a machine of another template can run (program/__main__.py)."""
PROGRAM = "/usr/local/sbin/preqly"
_KEY = "releases/[0-9a-f]{64}\\.json"

DOCUMENT = {
    "schemaVersion": "2.2",
    "description": "Prepare or deploy a release of the site on this machine, or ask how it is",
    "parameters": {
        "command": {"type": "String", "allowedValues": ["status", "prepare", "deploy", "state", "retire"]},
        "release": {"type": "String", "default": "", "allowedPattern": f"^({_KEY})?$"},
        "insteadOf": {"type": "String", "default": "", "allowedPattern": f"^({_KEY})?$"},
    },
    "mainSteps": [
        {
            "action": "aws:runShellScript",
            "name": "preqly",
            "inputs": {
                "timeoutSeconds": str(EXECUTION_SECONDS),
                "runCommand": [
                    f"test -x {PROGRAM} && exec {PROGRAM} {{{{ command }}}} {{{{ release }}}} {{{{ insteadOf }}}}",
                    "echo 'The first boot has not ended, or has failed. It said last:' >&2",
                    "tail -n 15 /var/log/cloud-init-output.log >&2",
                    f"exit {NOT_INSTALLED}",
                ],
            },
        }
    ],
}
"""Its parameters cannot hold anything but a word and the names of two releases: it is no shell."""


def command_document() -> str:
    """The document's content."""
    return json.dumps(DOCUMENT, sort_keys=True)

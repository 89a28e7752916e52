"""The machine's user data: a script without secrets, the same until something needs a new machine. Pure."""

import json
import string
from dataclasses import asdict, dataclass
from pathlib import Path

SCRIPT = Path(__file__).parent / "user_data.sh"
LIMIT_BYTES = 16 * 1024
"""EC2's, before base64."""


@dataclass(frozen=True, kw_only=True)
class Boot:
    """What a new machine is told."""

    region: str
    bucket: str
    parameter: str
    """SSM parameter that names the release."""
    log_group: str
    """Where the machine's own lines go."""
    program: str
    """Key of the program's archive, `programs/<sha256>.zip`."""


def render_user_data(boot: Boot) -> str:
    """The script. Raises ValueError for a value that a shell would read as more than a word."""
    told = {name: value for name, value in asdict(boot).items() if name != "program"}
    for value in asdict(boot).values():
        if not value or set(value) - set(string.ascii_letters + string.digits + "/-._"):
            raise ValueError(f"{value!r} cannot stand in user data: letters, digits and /-._ only")
    script = string.Template(SCRIPT.read_text())
    return script.substitute(told=json.dumps(told), region=boot.region, bucket=boot.bucket, program=boot.program)

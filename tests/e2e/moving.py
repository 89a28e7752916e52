"""What a site that moves from one kind of hosting to the other takes along."""

import shlex
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import httpx

from tests.e2e.checkout import Checkout
from tests.e2e.contract import images_of
from tests.e2e.serving import headlines
from tests.e2e.visitor import shown_picture, stored_pictures

PREVIEW = """
import sys
from local import daemon, project
from local.runtime import Runtime
from local.stack import STACK, open_stack

runtime = Runtime.from_environment()
settings = project.load_settings(runtime.folder / "program", STACK)
settings |= {f"{project.name()}:hosting": sys.argv[1]} | project.machine_settings(settings)
open_stack(STACK, runtime.folder, daemon.find(runtime), settings).stack.preview(on_output=print)
"""
"""What `pulumi preview` would show: its language host is not on every machine that runs these tests."""


@dataclass(frozen=True, kw_only=True)
class Belongings:
    """What is the same on either kind of hosting."""

    secret: dict[str, str]
    images: set[str]
    release: dict[str, Any]
    headlines: set[str]
    pictures: list[int]
    shown: bytes
    """The picture of the visitor who is logged in."""
    database: str
    bucket: str

    @classmethod
    def of(cls, checkout: Checkout, browser: httpx.Client) -> "Belongings":
        """Of the site as it is now."""
        outputs = checkout.outputs()
        return cls(
            secret=checkout.secret(),
            images=images_of(outputs),
            release={key: outputs["release"][key] for key in ("digest", "revision")},
            headlines=headlines(checkout),
            pictures=stored_pictures(checkout),
            shown=shown_picture(browser),
            database=outputs["database_endpoint"],
            bucket=outputs["media_bucket"],
        )


def previewed(checkout: Checkout, hosting: str) -> str:
    """What a preview of the move says."""
    result = subprocess.run(
        [sys.executable, "-c", PREVIEW, hosting],
        cwd=checkout.folder,
        env=checkout.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert result.returncode == 0, shlex.join(map(str, result.args)) + result.stdout + result.stderr
    return result.stdout

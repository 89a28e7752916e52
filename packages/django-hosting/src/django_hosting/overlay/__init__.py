"""The platform's settings, laid over the project's part by part."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django_hosting.overlay import data, files, mail, middleware, platform, security
from django_hosting.overlay.context import REMOVED, Context, Kept, Settings

Part = Callable[[Settings, Context], Settings]

PARTS: Mapping[str, Part] = {
    "secret_key": security.secret_key,
    "hosts": security.hosts,
    "security": security.security,
    "database": data.database,
    "cache": data.cache,
    "static": files.static,
    "media": files.media,
    "email": mail.email,
    "logging": platform.logging,
    "release": platform.release,
    # The order in which a request meets them, from the outside.
    "metrics": middleware.metrics,
    "client_address": middleware.client_address,
    "health": middleware.health,
    "request_id": middleware.request_id,
    "timeouts": middleware.timeouts,
}
"""The names are those of `leave` in hosting.toml."""


@dataclass(frozen=True)
class LaidOver:
    """The settings of the process, and for each part that stayed the project's own the reason."""

    settings: dict[str, Any]
    kept: dict[str, str]


def lay_over(project: Settings, context: Context) -> LaidOver:
    """Return the project's settings with the platform's parts over them; changes nothing that it is given.

    Wrong environment variables are noted in `context.environment`, whose `verify` reports all of them.
    """
    settings, kept = dict(project), {}
    # Whatever is left to the project: errors must not show its variables to visitors.
    settings["DEBUG"] = context.environment.flag("DEBUG", default=False)
    for name, part in PARTS.items():
        if name in context.application.leave:
            kept[name] = "hosting.toml leaves it to the project"
            continue
        try:
            settings |= part(settings, context)
        except Kept as reason:
            kept[name] = str(reason)
    settings["DJANGO_HOSTING"] = platform.options(context)
    return LaidOver({name: value for name, value in settings.items() if value is not REMOVED}, kept)

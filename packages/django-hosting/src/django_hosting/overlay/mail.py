"""How mail leaves the site."""

from collections.abc import Mapping
from typing import Any

from django_hosting import mail
from django_hosting.overlay.context import Context, Kept, Settings

DJANGO = "django.core.mail.backends."
SMTP = f"{DJANGO}smtp.EmailBackend"
TIMEOUT_SECONDS = 10
"""Shorter than the proxy's timeout."""
_OPTIONS = {
    "EMAIL_HOST": "host",
    "EMAIL_PORT": "port",
    "EMAIL_HOST_USER": "username",
    "EMAIL_HOST_PASSWORD": "password",
    "EMAIL_USE_TLS": "use_tls",
    "EMAIL_USE_SSL": "use_ssl",
    "EMAIL_FILE_PATH": "file_path",
}
"""Names of the same values in OPTIONS of MAILERS: https://docs.djangoproject.com/en/6.1/ref/settings/#mailers"""


def email(project: Settings, context: Context) -> dict[str, Any]:
    """Send as EMAIL_URL says, unless the project has a backend or a server of its own.

    https://docs.djangoproject.com/en/5.2/topics/email/
    """
    environment = context.environment
    _refuse_own(_own_backend(project), _own_server(project), given=environment.given("EMAIL_URL"))
    sender = str(project.get("DEFAULT_FROM_EMAIL") or "")
    # Without the variable no mail is sent.
    found = environment.email(
        "EMAIL_URL", example="smtp+tls://user:<password>@mail:587", default=mail.UNSET, sender=sender
    )
    if "ANYMAIL" in found:
        found["ANYMAIL"] = {**(project.get("ANYMAIL") or {}), **found["ANYMAIL"]}
    if environment.given("DEFAULT_FROM_EMAIL"):
        sender = environment.mailbox("DEFAULT_FROM_EMAIL", example="no-reply@example.com", default=sender)
        found["DEFAULT_FROM_EMAIL"] = sender
    if sender:
        found["SERVER_EMAIL"] = project.get("SERVER_EMAIL") or sender
    if "MAILERS" in project:
        return _as_mailers(found, project["MAILERS"])
    return found | {"EMAIL_TIMEOUT": project.get("EMAIL_TIMEOUT") or TIMEOUT_SECONDS}


def _own_backend(project: Settings) -> str:
    default = (project.get("MAILERS") or {}).get("default", {})
    return default.get("BACKEND") or project.get("EMAIL_BACKEND") or SMTP


def _own_server(project: Settings) -> Any:
    options = (project.get("MAILERS") or {}).get("default", {}).get("OPTIONS", {})
    return options.get("host") or project.get("EMAIL_HOST")


def _refuse_own(backend: str, server: Any, *, given: bool) -> None:
    """Raise Kept for what the project has decided by itself."""
    if not backend.startswith(DJANGO):
        raise Kept(f"the project has a backend of its own, {backend}")
    if backend == SMTP and server not in (None, "", "localhost", "127.0.0.1") and not given:
        raise Kept("EMAIL_URL is not set; the project has a mail server of its own")


def _as_mailers(found: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The same with MAILERS, which Django 6.1 refuses beside EMAIL_BACKEND and its like. Other aliases stay."""
    options = {option: found[name] for name, option in _OPTIONS.items() if name in found}
    backend = found.get("EMAIL_BACKEND", SMTP)
    if backend == SMTP:
        options["timeout"] = TIMEOUT_SECONDS
    others = {name: value for name, value in found.items() if name not in _OPTIONS and name != "EMAIL_BACKEND"}
    return others | {"MAILERS": {**own, "default": {"BACKEND": backend, "OPTIONS": options}}}

"""Keys, names of the site, and what a site behind a proxy with TLS needs."""

from typing import Any

from django_hosting.overlay.context import Context, Settings

SHORTEST_KEY = 50
"""Below it `check --deploy` warns: security.W009."""


def secret_key(_project: Settings, context: Context) -> dict[str, Any]:
    """https://docs.djangoproject.com/en/5.2/ref/settings/#secret-key"""
    environment, example = context.environment, "<64 random letters and digits>"
    key = environment.text("SECRET_KEY", example=example)
    if key and len(key) < SHORTEST_KEY:
        environment.refuse("SECRET_KEY", f"has fewer than {SHORTEST_KEY} characters", f"SECRET_KEY={example}")
    fallbacks = environment.names("SECRET_KEY_FALLBACKS", example="<the key before this one>", default=[])
    return {"SECRET_KEY": key, "SECRET_KEY_FALLBACKS": fallbacks}


def hosts(project: Settings, context: Context) -> dict[str, Any]:
    """The names under which the site is reached replace the project's; origins that it trusts are added to.

    https://docs.djangoproject.com/en/5.2/ref/settings/#allowed-hosts
    """
    environment = context.environment
    own = list(project.get("CSRF_TRUSTED_ORIGINS") or ())
    trusted = environment.origins("CSRF_TRUSTED_ORIGINS", example="https://www.example.com")
    return {
        "ALLOWED_HOSTS": environment.hosts("ALLOWED_HOSTS", example="www.example.com,localhost"),
        "CSRF_TRUSTED_ORIGINS": [*own, *(origin for origin in trusted if origin not in own)],
    }


def security(project: Settings, context: Context) -> dict[str, Any]:
    """https://docs.djangoproject.com/en/5.2/howto/deployment/checklist/

    Values that the project may have stricter (HSTS, SameSite, HttpOnly, referrer policy) are left as they are.
    """
    return {
        # Only the proxy reaches the application, and it sets this header.
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
        # false serves plain HTTP too, where no load balancer redirects (docker/compose.yaml).
        "SECURE_SSL_REDIRECT": context.environment.flag("SSL_REDIRECT", default=True),
        # Browsers accept Secure cookies from http://localhost.
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SILENCED_SYSTEM_CHECKS": _silenced(project),
    }


def _silenced(project: Settings) -> list[str]:
    own = list(project.get("SILENCED_SYSTEM_CHECKS") or ())
    # What ends the visitors' TLS sets Strict-Transport-Security: the load balancer on AWS, the proxy with compose.
    return own if project.get("SECURE_HSTS_SECONDS") or "security.W004" in own else [*own, "security.W004"]

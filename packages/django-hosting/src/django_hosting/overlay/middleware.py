"""The platform's middleware, each outside of what the list has so far, or inside of everything."""

from typing import Any

from django_hosting.overlay.context import Context, Settings, added


def _first(name: str, project: Settings) -> dict[str, Any]:
    return {"MIDDLEWARE": added(project.get("MIDDLEWARE"), before=(f"django_hosting.{name}",))}


def metrics(project: Settings, _context: Context) -> dict[str, Any]:
    """Count and time requests, also those that another middleware answers."""
    return _first("metrics.MetricsMiddleware", project)


def client_address(project: Settings, _context: Context) -> dict[str, Any]:
    """Set REMOTE_ADDR."""
    return _first("client_address.ClientAddressMiddleware", project)


def health(project: Settings, _context: Context) -> dict[str, Any]:
    """Answer /healthz and /readyz before the check of the host, because a monitor may ask by address."""
    return _first("health.HealthMiddleware", project)


def request_id(project: Settings, _context: Context) -> dict[str, Any]:
    """Set the id before anything logs."""
    return _first("request_id.RequestIdMiddleware", project)


def timeouts(project: Settings, _context: Context) -> dict[str, Any]:
    """Answer a cancelled statement before another middleware makes an error page of it."""
    name = "django_hosting.timeouts.StatementTimeoutMiddleware"
    return {"MIDDLEWARE": added(project.get("MIDDLEWARE"), after=(name,))}

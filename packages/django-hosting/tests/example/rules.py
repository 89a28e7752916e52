"""Who may see an upload."""

from django.http import HttpRequest


def staff_or_public(request: HttpRequest, path: str) -> bool:
    """Everything below public/ is for everyone."""
    return path.startswith("public/") or request.user.is_staff

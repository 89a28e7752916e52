"""The pages of the site."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from core.api import PUBLIC
from core.models import Movie

SHOWN = 6


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the home page with a few movies."""
    page = render(request, "core/home.html", {"movies": Movie.objects.order_by("-year", "id")[:SHOWN]})
    # A cookie may stand for a login or a message.
    if not request.COOKIES:
        patch_cache_control(page, **PUBLIC)
    return page

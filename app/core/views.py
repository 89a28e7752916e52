"""The pages of the site."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.models import Movie

SHOWN = 6


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the home page with a few movies."""
    return render(request, "core/home.html", {"movies": Movie.objects.order_by("-year", "id")[:SHOWN]})

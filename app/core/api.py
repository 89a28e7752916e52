"""The movies API: a list with paging and filters, and a movie by id. Errors are JSON too."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.core.paginator import EmptyPage, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, JsonResponse, QueryDict
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt

from core.errors import api_error
from core.models import Movie

PUBLIC = {"public": True, "max_age": 0, "s_maxage": 1}
"""Cache-Control of what is the same for everyone: caches in front of the site may keep it for a second."""
PAGE_SIZE = 20
PAGE_SIZE_MAX = 100
LARGEST_ID = 2**63 - 1
ORDERS = ("id", "-id", "title", "-title", "year", "-year")


def read_only(view: Callable[..., JsonResponse]) -> Callable[..., JsonResponse]:
    """Allow GET and HEAD only, without a CSRF check, and let caches keep the answer; answer 405 otherwise."""

    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest, *arguments: Any, **named: Any) -> JsonResponse:
        if request.method in ("GET", "HEAD"):
            found = view(request, *arguments, **named)
            if found.status_code == 200:
                patch_cache_control(found, **PUBLIC)
            return found
        response = api_error(405, "The API can only be read: GET and HEAD.")
        response["Allow"] = "GET, HEAD"
        return response

    return answer


class MovieQuery(forms.Form):
    """Query parameters of the list."""

    q = forms.CharField(required=False, max_length=100)
    genre = forms.CharField(required=False, max_length=50)
    year = forms.IntegerField(required=False, min_value=1888, max_value=2100)
    year_from = forms.IntegerField(required=False, min_value=1888, max_value=2100)
    year_to = forms.IntegerField(required=False, min_value=1888, max_value=2100)
    order = forms.ChoiceField(required=False, choices=[(order, order) for order in ORDERS])
    page = forms.IntegerField(required=False, min_value=1, max_value=1_000_000)
    page_size = forms.IntegerField(required=False, min_value=1, max_value=PAGE_SIZE_MAX)

    def clean(self) -> dict[str, Any]:
        """Refuse unknown and repeated parameters."""
        for name in sorted(set(self.data) - set(self.fields)):
            self.add_error(None, f"unknown parameter {name!r}; known are {', '.join(self.fields)}")
        for name, values in self.data.lists():
            if len(values) > 1:
                self.add_error(None, f"parameter {name!r} is given {len(values)} times")
        return self.cleaned_data


@read_only
def movies(request: HttpRequest) -> JsonResponse:
    """Return one page of matching movies; 400 with a reason per wrong parameter, 404 past the last page."""
    query = MovieQuery(request.GET)
    if not query.is_valid():
        return api_error(400, "The query is not valid.", {name: list(found) for name, found in query.errors.items()})
    wanted = query.cleaned_data
    paginator = Paginator(_matching(wanted), wanted["page_size"] or PAGE_SIZE)
    try:
        page = paginator.page(wanted["page"] or 1)
    except EmptyPage:
        return api_error(404, f"There is no page {wanted['page']}; the last one is {paginator.num_pages}.")
    return JsonResponse(
        {
            "count": paginator.count,
            "page": page.number,
            "pages": paginator.num_pages,
            "next": _page_url(request, page.number + 1) if page.has_next() else None,
            "previous": _page_url(request, page.number - 1) if page.has_previous() else None,
            "results": [_as_json(movie) for movie in page],
        }
    )


@read_only
def movie(_request: HttpRequest, movie_id: str) -> JsonResponse:
    """Return one movie; 400 when the id is no positive whole number, 404 when it does not exist."""
    if not (movie_id.isascii() and movie_id.isdigit() and int(movie_id[:20]) > 0):
        return api_error(400, f"A movie's id is a positive whole number, not {movie_id[:50]!r}.")
    found = Movie.objects.filter(pk=int(movie_id)).first() if int(movie_id[:20]) <= LARGEST_ID else None
    if found is None:
        return api_error(404, f"There is no movie {movie_id[:50]}.")
    return JsonResponse(_as_json(found))


def _matching(wanted: dict[str, Any]) -> QuerySet[Movie]:
    found = Movie.objects.all()
    if wanted["q"]:
        found = found.filter(Q(title__icontains=wanted["q"]) | Q(director__icontains=wanted["q"]))
    if wanted["genre"]:
        found = found.filter(genre__iexact=wanted["genre"])
    for name, lookup in (("year", "year"), ("year_from", "year__gte"), ("year_to", "year__lte")):
        if wanted[name] is not None:
            found = found.filter(**{lookup: wanted[name]})
    # With the id as tie-breaker, because two pages could show the same movie otherwise.
    return found.order_by(wanted["order"] or "id", "id")


def _page_url(request: HttpRequest, number: int) -> str:
    query: QueryDict = request.GET.copy()
    query["page"] = str(number)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def _as_json(found: Movie) -> dict[str, Any]:
    return {
        "id": found.pk,
        "title": found.title,
        "director": found.director,
        "year": found.year,
        "genre": found.genre,
        "minutes": found.minutes,
        "summary": found.summary,
    }

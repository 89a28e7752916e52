"""URLs of pages and API."""

from django.conf import settings
from django.urls import path
from django.views.generic import RedirectView

from core import api, views

app_name = "core"
urlpatterns = [
    path("", views.home, name="home"),
    # Browsers request it on pages without an icon link, such as the admin's.
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}core/icon.svg")),
    path("api/movies/", api.movies, name="movies"),
    path("api/movies/<str:movie_id>", api.movie, name="movie"),
]

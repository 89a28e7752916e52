"""URLs of pages, API, static and uploaded files."""

from django.urls import path

from core import api, media, views
from hosting import static_files

app_name = "core"
urlpatterns = [
    path("", views.home, name="home"),
    path("api/movies/", api.movies, name="movies"),
    path("api/movies/<str:movie_id>", api.movie, name="movie"),
    path("static/<path:path>", static_files.static_file, name="static-file"),
    path("media/<path:path>", media.media, name="media"),
]

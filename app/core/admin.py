"""The movies in Django's admin."""

from django.contrib import admin

from core.models import Movie

admin.site.site_header = "Preqly"
admin.site.site_title = "Preqly"


@admin.register(Movie)
class MovieAdmin(admin.ModelAdmin):
    """List, filter and search movies."""

    list_display = ("title", "director", "year", "genre", "minutes")
    list_filter = ("genre",)
    search_fields = ("title", "director")

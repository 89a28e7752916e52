"""Movies."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class Movie(models.Model):
    """A movie."""

    title = models.CharField(max_length=200)
    director = models.CharField(max_length=200)
    year = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1888), MaxValueValidator(2100)], db_index=True
    )
    genre = models.CharField(max_length=50, db_index=True)
    minutes = models.PositiveSmallIntegerField()
    summary = models.TextField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.title} ({self.year})"

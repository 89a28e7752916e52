"""The first movies, so that a new site has something to show."""

from django.db import migrations

MOVIES = [
    ("A Trip to the Moon", "Georges Méliès", 1902, "Science fiction", 13, "Six astronomers are fired at the Moon from a cannon, meet its people and hurry home."),
    ("The Cabinet of Dr. Caligari", "Robert Wiene", 1920, "Horror", 76, "A showman's sleepwalker foretells deaths that come true, in a town of crooked walls."),
    ("The Kid", "Charlie Chaplin", 1921, "Comedy", 68, "A tramp brings up an abandoned child, until the world asks for him back."),
    ("Nosferatu", "F. W. Murnau", 1922, "Horror", 94, "A clerk sells a house to a count who travels with coffins and brings the plague."),
    ("Safety Last!", "Fred C. Newmeyer and Sam Taylor", 1923, "Comedy", 73, "A shop assistant climbs a tall building to be noticed, and ends up hanging from its clock."),
    ("Sherlock Jr.", "Buster Keaton", 1924, "Comedy", 45, "A projectionist who would be a detective dreams himself into the film he is showing."),
    ("Battleship Potemkin", "Sergei Eisenstein", 1925, "Drama", 75, "Sailors refuse rotten meat, and a city takes their side on its great steps."),
    ("The Adventures of Prince Achmed", "Lotte Reiniger", 1926, "Animation", 65, "Cut paper and light carry a prince through the Arabian Nights on a flying horse."),
    ("The General", "Buster Keaton and Clyde Bruckman", 1926, "Comedy", 79, "An engine driver goes behind the enemy's lines to fetch back his locomotive."),
    ("Metropolis", "Fritz Lang", 1927, "Science fiction", 153, "In a city of towers, the son of its master goes down to those who keep it running."),
    ("Sunrise", "F. W. Murnau", 1927, "Drama", 94, "A farmer is tempted away from his wife, and finds her again on a day in the city."),
    ("The Passion of Joan of Arc", "Carl Theodor Dreyer", 1928, "Drama", 114, "The trial of a young woman, told almost wholly in faces."),
]


def add(apps, schema_editor):
    movie = apps.get_model("core", "Movie")
    names = ("title", "director", "year", "genre", "minutes", "summary")
    # The table is new: the ids are 1, 2, 3 and so on, and the database's own counter stays right.
    for facts in MOVIES:
        movie.objects.using(schema_editor.connection.alias).create(**dict(zip(names, facts, strict=True)))


def remove(apps, schema_editor):
    movie = apps.get_model("core", "Movie")
    movie.objects.using(schema_editor.connection.alias).filter(title__in=[facts[0] for facts in MOVIES]).delete()


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunPython(add, remove)]

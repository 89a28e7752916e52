"""The profile and its picture."""

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from account import pictures
from account.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(client: Client) -> User:
    user = User.objects.create_user("ann@example.com", "correct horse 9")
    client.force_login(user)
    return user


def upload(client: Client, content: bytes, name: str = "me.png"):
    return client.post("/account/profile/", {"name": "Ann", "picture": SimpleUploadedFile(name, content)})


def stored(user: User) -> Image.Image:
    user.refresh_from_db()
    with user.picture.open() as file:
        return Image.open(io.BytesIO(file.read()))


def test_a_visitor_is_sent_to_the_login(client: Client) -> None:
    assert client.get("/account/profile/")["Location"] == "/account/login/?next=/account/profile/"


def test_the_profile_is_never_kept_by_a_cache(client: Client, ann: User) -> None:
    assert "no-store" in client.get("/account/profile/")["Cache-Control"]


def test_the_profile_costs_three_queries(client: Client, ann: User, django_assert_num_queries) -> None:
    # Session, who is logged in, and a fresh copy for the form.
    with django_assert_num_queries(3):
        assert client.get("/account/profile/").status_code == 200


def test_a_picture_is_stored_small_and_shown_by_its_address(client: Client, ann: User, picture: Callable) -> None:
    assert upload(client, picture(2000, 1000)).status_code == 302
    image = stored(ann)
    assert (image.format, image.size) == ("WEBP", (512, 256))
    assert ann.picture.name.startswith(f"pictures/{ann.pk}/")
    assert f'src="/media/{ann.picture.name}"' in client.get("/account/profile/").text


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "RGB"),
        ("JPEG", "CMYK"),
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("GIF", "P"),
        ("WEBP", "RGB"),
        ("PNG", "I;16"),
        ("PNG", "1"),
    ],
)
def test_every_kind_of_picture_is_taken(client: Client, ann: User, picture: Callable, kind: str, mode: str) -> None:
    assert upload(client, picture(kind=kind, mode=mode), f"me.{kind.lower()}").status_code == 302
    assert stored(ann).format == "WEBP"


def test_what_a_camera_noted_is_dropped_and_the_picture_turned_upright(
    client: Client, ann: User, picture: Callable
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Camera of Ann"
    upload(client, picture(40, 20, "JPEG", exif=exif), "me.jpg")
    image = stored(ann)
    assert image.size == (20, 40)
    assert not image.getexif()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "me.svg"),
        (b"GIF89a" + b"\0" * 50, "me.gif"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "me.png"),
        (b"<?php echo 1;", "me.jpg"),
    ],
)
def test_what_is_no_picture_is_refused(client: Client, ann: User, content: bytes, name: str) -> None:
    response = upload(client, content, name)
    assert response.status_code == 200
    assert response.context["form"].errors["picture"]


def test_a_picture_in_a_format_we_do_not_take_is_refused(client: Client, ann: User, picture: Callable) -> None:
    response = upload(client, picture(kind="BMP"), "me.bmp")
    assert response.context["form"].errors["picture"] == [
        "This is not a JPEG, PNG, WebP or GIF picture, or it is damaged."
    ]


def test_a_file_that_is_too_large_is_refused(client: Client, ann: User, picture: Callable, monkeypatch) -> None:
    monkeypatch.setattr(pictures, "LARGEST_BYTES", 50)
    assert "larger than 4 MB" in upload(client, picture()).text


def test_a_picture_as_large_as_allowed_fits_beside_the_rest_of_a_small_task(picture: Callable, tmp_path: Path) -> None:
    largest = tmp_path / "largest.png"
    largest.write_bytes(picture(5000, 5000, mode="RGBA", compress_level=1))
    script = (
        "import re, sys; from pathlib import Path; from account.pictures import redraw;"
        "from django.core.files.uploadedfile import SimpleUploadedFile as File;"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text()).group(1)) // 1000;"
        "file = File('me.png', Path(sys.argv[1]).read_bytes()); before = peak(); redraw(file); print(peak() - before)"
    )
    grown = subprocess.run([sys.executable, "-c", script, largest], capture_output=True, check=True, text=True)
    assert int(grown.stdout) < 250, "megabytes: the pixels, and one copy to shrink them"


def test_a_small_file_with_very_many_pixels_is_refused(client: Client, ann: User, picture: Callable) -> None:
    bomb = picture(9000, 9000, mode="1")
    assert len(bomb) < 100_000
    assert "more than 25 megapixels" in upload(client, bomb).text


def test_half_a_picture_is_refused(client: Client, ann: User, picture: Callable) -> None:
    whole = picture(400, 400, "JPEG")
    assert upload(client, whole[: len(whole) // 2], "me.jpg").context["form"].errors["picture"]


@pytest.mark.django_db(transaction=True)
def test_the_picture_before_is_deleted(client: Client, ann: User, picture: Callable, settings) -> None:
    folder = Path(settings.MEDIA_ROOT) / "pictures" / str(ann.pk)
    upload(client, picture())
    (first,) = folder.iterdir()
    upload(client, picture(20, 20))
    (second,) = folder.iterdir()
    assert first != second
    assert "Remove my picture" in client.get("/account/profile/").text
    client.post("/account/profile/", {"name": "Ann", "picture-clear": "on"})
    assert list(folder.iterdir()) == []


def test_saving_the_name_keeps_the_picture(client: Client, ann: User, picture: Callable) -> None:
    upload(client, picture())
    client.post("/account/profile/", {"name": "Ann Other"})
    ann.refresh_from_db()
    assert (ann.name, bool(ann.picture)) == ("Ann Other", True)
    assert ann.picture.storage.exists(ann.picture.name)


def test_someone_without_a_picture_sees_an_initial_and_what_may_be_uploaded(client: Client, ann: User) -> None:
    page = client.get("/account/profile/").text
    assert '<span class="portrait" aria-hidden="true">A</span>' in page
    described = page.partition('id="id_picture_helptext"')[2].partition("<input")[0]
    assert "up to 4 MB" in described

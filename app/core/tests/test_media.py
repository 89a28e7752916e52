"""Who may see an uploaded file."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from account.models import User
from core.media import may_read

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann@example.com", "secret-9")


def may(user: User | AnonymousUser, path: str) -> bool:
    request = RequestFactory().get(f"/media/{path}")
    request.user = user
    return may_read(request, path)


def test_a_public_file_is_for_everyone() -> None:
    assert may(AnonymousUser(), "public/terms.pdf")


def test_a_picture_is_for_members_only(ann: User) -> None:
    assert (may(AnonymousUser(), "pictures/1/a.webp"), may(ann, "pictures/1/a.webp")) == (False, True)


def test_a_private_file_is_for_its_owner_only(ann: User) -> None:
    mine, other = f"private/{ann.pk}/a.pdf", f"private/{ann.pk}0/a.pdf"
    assert [may(AnonymousUser(), mine), may(ann, mine), may(ann, other)] == [False, True, False]


@pytest.mark.parametrize("path", ["secret.txt", "unknown/a.txt", "public/", "static/core/site.0123456789ab.css"])
def test_a_path_without_a_rule_is_for_nobody(ann: User, path: str) -> None:
    assert not may(ann, path)


def test_a_page_links_to_the_sites_own_address(client: Client, ann: User) -> None:
    ann.picture.name = "pictures/1/a b.webp"
    ann.save()
    client.force_login(ann)
    assert 'src="/media/pictures/1/a%20b.webp"' in client.get("/account/profile/").text

"""What is done once before a release serves, where there is no role to make and no static file to publish."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

pytestmark = pytest.mark.django_db


def test_sessions_that_have_ended_are_deleted() -> None:
    for key, days in (("ended", -1), ("open", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() + timedelta(days=days))
    call_command("prepare_release")
    assert [session.session_key for session in Session.objects.all()] == ["open"]


def test_a_database_without_tables_is_prepared_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection.introspection, "table_names", lambda _cursor=None, include_views=False: [])
    Session.objects.create(session_key="ended", session_data="", expire_date=timezone.now() - timedelta(days=1))
    call_command("prepare_release")
    assert Session.objects.exists()

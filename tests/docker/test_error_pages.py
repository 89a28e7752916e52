"""nginx's error pages: neutral ones, or the application's."""

import json
from pathlib import Path

import pytest

from tests.docker.scripts import script

error_pages = script("error_pages")


def test_without_pages_of_the_application_they_are_neutral_and_need_no_other_file(tmp_path: Path) -> None:
    error_pages.main(tmp_path, None)
    for status, message in error_pages.MESSAGES.items():
        page = (tmp_path / f"{status}.html").read_text()
        assert str(status) in page
        assert message in page
        assert not {"src=", "<link"} & set(page.split())
        assert "reqly" not in page
        assert json.loads((tmp_path / f"{status}.json").read_text()) == {
            "error": {"status": status, "message": message}
        }


def test_the_applications_pages_take_their_place(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "404.html").write_text("Lost {css}")
    (own / "error.html").write_text("{status}: {message}")
    error_pages.main(tmp_path, own)
    assert (tmp_path / "404.html").read_text() == "Lost {css}"
    assert (tmp_path / "503.html").read_text() == "503: We are back in a moment."


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(error_pages.ErrorPageError, match="no folder pages"):
        error_pages.main(tmp_path, tmp_path / "pages")

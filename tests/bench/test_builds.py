"""Images are built from copies of the sources, all of the same application."""

from dataclasses import replace
from pathlib import Path

from bench import builds, peers
from infra.images.sources import DOCKERFILE
from local.runtime import ROOT

LOCK = """# comment
django==5.2.19 \\
    --hash=sha256:aa \\
    # via -r requirements.in
typing-extensions==4.16.0 ; python_full_version < '3.13' \\
    --hash=sha256:bb
"""
PEER = peers.load()["cookiecutter"]


def test_requirements_are_those_of_the_lock_without_hashes():
    bare = replace(PEER, added_packages=())
    assert builds.requirements(LOCK, bare) == [
        "django==5.2.19",
        "typing-extensions==4.16.0 ; python_full_version < '3.13'",
    ]


def test_packages_that_a_peer_adds_come_last():
    assert builds.requirements(LOCK, PEER)[-1].startswith("whitenoise==")


def test_a_peers_context_has_the_application_and_its_own_files_but_no_tests(tmp_path: Path):
    context = builds.peers_context(PEER, tmp_path / "context")
    assert (context / "manage.py").read_bytes() == (ROOT / "app/manage.py").read_bytes()
    assert (context / "core/static/core/site.css").exists()
    assert (context / "bench_settings.py").exists()
    assert (context / "django_hosting/settings.py").exists()
    assert not (context / "Dockerfile").exists()
    assert not list(context.rglob("tests"))


def test_our_context_has_what_the_dockerfile_copies(tmp_path: Path):
    context = builds.our_context(tmp_path / "context")
    assert (context / DOCKERFILE).exists()
    assert (context / "dependencies/requirements.txt").exists()
    assert (context / "application" / builds.CHANGED).exists()


def test_the_change_is_a_comment(tmp_path: Path):
    file = tmp_path / "views.py"
    file.write_text("x = 1\n")
    builds.change_one_line(file, "mark")
    assert file.read_text() == "x = 1\n# mark\n"

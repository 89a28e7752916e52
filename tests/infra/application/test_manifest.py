"""hosting.toml: what it may say, and how everything wrong in it is reported."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from infra.application.manifest import FILE, Manifest
from infra.application.manifest_file import SCHEMA, read_manifest
from infra.application.schema import SCHEMA_FILE, schema_text
from infra.problem import Problem
from local.runtime import ROOT

EXAMPLE = ROOT / "docs" / "hosting-toml.md"


def read(folder: Path, text: str) -> tuple[Manifest, list[Problem]]:
    (folder / FILE).write_text(text)
    return read_manifest(folder)


def refused(folder: Path, text: str) -> dict[str, Problem]:
    """The problems of a manifest by key."""
    return {problem.key.removeprefix(f"{FILE}: "): problem for problem in read(folder, text)[1]}


def declared(schema: Any = SCHEMA) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field of every table, by its name."""
    for table in (schema, *schema["$defs"].values()):
        yield from table["properties"].items()


def example() -> str:
    """The full example of the documentation."""
    (text,) = re.findall(r"```toml\n(# hosting\.toml.*?)```", EXAMPLE.read_text(), re.DOTALL)
    return str(text)


def test_the_published_schema_is_the_models() -> None:
    assert (ROOT / SCHEMA_FILE).read_text() == schema_text(), "write it again: python -m infra.application.schema"


def test_every_key_is_described() -> None:
    assert [name for name, field in declared() if not field.get("description") and "$ref" not in field] == []


def test_the_documented_example_is_accepted(tmp_path: Path) -> None:
    manifest, problems = read(tmp_path, example())
    assert problems == []
    assert manifest.settings == "mysite.settings.production"


def test_the_documented_example_shows_every_key() -> None:
    shown = json.dumps(tomllib.loads(example()))
    assert [name for name, _ in declared() if f'"{name}"' not in shown] == []


def test_the_published_schema_accepts_what_the_program_accepts() -> None:
    schema = json.loads((ROOT / SCHEMA_FILE).read_text())
    for text in (example(), (ROOT / "app" / FILE).read_text()):
        jsonschema.validate(tomllib.loads(text), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"proxy": {"paths": [{"path": "upload"}]}}, schema)


def test_without_the_file_every_key_has_its_default(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) == (Manifest(), [])


@pytest.mark.parametrize(
    ("text", "key", "meant"),
    [
        ('settigns = "x"', "settigns", "settings"),
        ("[proxy]\nbody_mb = 5", "proxy.body_mb", "proxy.body_mib"),
        # The right key in the wrong table.
        ("body_mib = 5", "body_mib", "proxy.body_mib"),
        ("seconds = 5", "seconds", "proxy.paths.seconds"),
        ('[build]\nscript = "build"', "build.script", "build.node.script"),
        ('[[proxy.rates]]\npath = "/"\nper_minute = 1\nmethod = "GET"', "proxy.rates[0].method", "proxy.rates.methods"),
    ],
)
def test_an_unknown_key_names_the_one_that_was_meant(tmp_path: Path, text: str, key: str, meant: str) -> None:
    problem = refused(tmp_path, text)[key]
    assert problem.rule == "is not a key of hosting.toml"
    assert problem.fix == f"did you mean {meant}?"


@pytest.mark.parametrize("table", ["machines", "queues"])
def test_an_unknown_table_that_resembles_none_is_to_be_removed(tmp_path: Path, table: str) -> None:
    assert refused(tmp_path, f"[{table}.worker]\ncommand = 'x'")[table].fix.startswith("remove it")


@pytest.mark.parametrize(
    ("text", "key", "rule"),
    [
        ('root = "../mysite"', "root", "inside of the application"),
        ('root = "/srv/mysite"', "root", "inside of the application"),
        ('static = {folders = ["a/../../b"]}', "static.folders[0]", "inside of the application"),
        ('server = "wgsi"', "server", "'wsgi' or 'asgi'"),
        ('callable = "mysite.wsgi.application"', "callable", "module:name"),
        ("python = 3.13", "python", "text in quotes"),
        ('python = "3.13.1"', "python", "minor version"),
        ('leave = "email"', "leave", "a list"),
        ('leave = ["emali"]', "leave[0]", "'email'"),
        # Every deploy calls its commands.
        ('leave = ["release"]', "leave[0]", "'email'"),
        ('leave = ["media"]\nmedia = {access = "a.b"}', "media", 'no effect, because `leave` names "media"'),
        ('leave = ["static"]\nstatic = {allow_missing = true}', "static", "no effect"),
        ('leave = ["database"]\ndatabase = {schemas = ["a"]}', "database", "no effect"),
        ('build = {system_packages = ["libpq-dev; rm -rf /"]}', "build.system_packages[0]", "Debian package"),
        ('build = {environment = {"A B" = "1"}}', "build.environment", "name of a variable"),
        ("build = {environment = {A = 1}}", "build.environment.A", "text in quotes"),
        ("build = {node = true}", "build.node", "a table"),
        ("run = {stop_seconds = 121}", "run.stop_seconds", "less than or equal to 120"),
        ("run = {start_grace_seconds = 301}", "run.start_grace_seconds", "less than or equal to 300"),
        ('database = {schemas = ["pg_temp"]}', "database.schemas[0]", "does not begin with pg_"),
        ("database = {schemas = []}", "database.schemas", "at least 1 item"),
        ('proxy = {paths = [{path = "upload"}]}', "proxy.paths[0].path", "begins with /"),
        ('proxy = {paths = [{path = "/a*b"}]}', "proxy.paths[0].path", "may end in *"),
        ('proxy = {paths = [{path = "/a", seconds = 5000}]}', "proxy.paths[0].seconds", "less than or equal to 600"),
        ('proxy = {paths = [{path = "/*", seconds = 60}]}', "proxy.paths", "is the whole site"),
        ('proxy = {paths = [{path = "/healthz", seconds = 60}]}', "proxy.paths", "the platform's own"),
        ('proxy = {paths = [{path = "/a", seconds = 60}, {path = "/a"}]}', "proxy.paths", "/a twice"),
        ('proxy = {rates = [{path = "/a"}]}', "proxy.rates[0].per_minute", "is missing"),
        ('proxy = {headers = {"X Y" = "1"}}', "proxy.headers", "name of a header"),
        ('proxy = {headers = {A = "a$b"}}', "proxy.headers.A", "no $ and no line break"),
        ('proxy = {headers = {A = "a\\nb"}}', "proxy.headers.A", "no $ and no line break"),
        ('python = "3.13\\n"', "python", "minor version"),
        ('root = "app\\nb"', "root", "inside of the application"),
        # nginx takes 4096 bytes for one word of its configuration, quotes included.
        ("proxy = {headers = {A = '" + '"' * 2001 + "'}}", "proxy.headers.A", "quotes counted twice"),
        (f'proxy = {{headers = {{A = "{"a" * 4001}"}}}}', "proxy.headers.A", "at most 4000"),
        ('proxy = {secret_paths = ["/reset/x*"]}', "proxy.secret_paths[0]", "for a whole part"),
        ('processes = {web = {command = "x"}}', "processes", "the platform's own name"),
        ('processes = {Worker = {command = "x"}}', "processes", "small letters, digits and -"),
        ("processes = {w = {}}", "processes.w.command", "is missing"),
        ('processes = {w = {command = "a && b"}}', "processes.w.command", "no shell runs it"),
        ('processes = {w = {command = "it\'s"}}', "processes.w.command", "cannot be split"),
        ("processes = {w = {command = []}}", "processes.w.command", "at least 1 item"),
        ('processes = {w = {command = "a", stop_seconds = 121}}', "processes.w.stop_seconds", "equal to 120"),
        ('processes = {w = {command = "a", cpu = 512}}', "processes.w", "512 CPU units with 1024"),
        ('processes = {w = {command = "a", min_tasks = 3, max_tasks = 2}}', "processes.w", "min_tasks, which is 3"),
        ('processes = {w = {command = "a", overlap = false, min_tasks = 2}}', "processes.w", "it runs once"),
        ('processes = {w = {command = "a", backlog = {per_task = 5}}}', "processes.w.backlog", "jobs of one queue"),
        (
            "[processes]\n" + "\n".join(f'p{number} = {{command = "a"}}' for number in range(9)),
            "processes",
            "a release has at most 8",
        ),
        ("release = {migration_cpu = 512}", "release", "belong together"),
        ("release = {migration_cpu = 512, migration_memory = 512}", "release", "512 CPU units with 1024"),
        ('permissions = [{actions = [], resources = ["*"]}]', "permissions[0].actions", "at least 1 item"),
    ],
)
def test_a_wrong_value_is_named_with_its_rule(tmp_path: Path, text: str, key: str, rule: str) -> None:
    problems = refused(tmp_path, text)
    assert list(problems) == [key]
    assert rule in problems[key].rule
    assert problems[key].fix


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    text = (
        'server = "x"\nsettigns = "y"\n[run]\nstop_seconds = 0\n[build.environment]\nA = 1\n"B C" = "2"\n"D E" = "3"\n'
    )
    problems = read(tmp_path, text)[1]
    assert len(problems) == 6


@pytest.mark.parametrize("content", [b"settings = ", b'settings = "\xff"', b"settings = 1\nsettings = 2"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    (problem,) = read_manifest(tmp_path)[1]
    assert problem.key == FILE
    assert "is no TOML" in problem.rule

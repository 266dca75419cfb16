"""Limits of projects in config.toml: read strictly, written where they belong."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from ima_tui.config import loader, schema, toml_file
from ima_tui.core.errors import UsageError


def load(path: Path, text: str) -> loader.Settings:
    path.write_text(text)
    return loader.load({}, {"IMA_TUI_CONFIG": str(path), "IMA_TUI_DATA_DIR": str(path.parent)})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_limits_are_found_by_name_in_any_case(path: Path) -> None:
    text = '[projects."Spring 春"]\nper_day = 5\n[projects.ads]\nper_month = 7'
    found = load(path, text).projects
    assert found["spring 春"] == schema.ProjectLimits("Spring 春", 5, 0)
    assert found["ads"].per_month == 7


@pytest.mark.parametrize(
    "text",
    [
        "projects = 5",
        "[projects]\nper_day = 5",
        '[projects.a]\nper_day = "5"',
        "[projects.a]\nper_day = true",
        "[projects.a]\nper_day = -1",
        "[projects.a]\nper_dya = 5",
        "[projects.a]\nper_day = 5\n[projects.A]\nper_day = 9",
        '[projects." "]\nper_day = 5',
        f"[projects.{'x' * 80}]\nper_day = 5",
        "[project.a]\nper_day = 5",
    ],
)
def test_a_limit_that_is_not_understood_stops_the_program(path: Path, text: str) -> None:
    with pytest.raises(UsageError):
        load(path, text)


def test_limits_are_set_and_unset_by_name(path: Path) -> None:
    path.write_text("# mine\n[queue]\nrunning = 3\n")
    for name, points in (("v1.2 final", 500), ("ads", 30)):
        toml_file.put(path, f"projects.{name}.per_day", points)
    written = tomllib.loads(path.read_text())
    assert written["projects"] == {"v1.2 final": {"per_day": 500}, "ads": {"per_day": 30}}
    assert path.read_text().startswith("# mine")
    assert toml_file.drop(path, "projects.v1.2 final.per_day")
    assert not toml_file.drop(path, "projects.nobody.per_day")
    assert load(path, path.read_text()).projects["ads"].per_day == 30


@pytest.mark.parametrize("name", ["projects.per_day", "projects.a.per_week", "spending.per_day"])
def test_other_names_are_no_limits_of_projects(name: str) -> None:
    assert schema.setting_of(name) is None

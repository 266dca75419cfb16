"""The wheel works from any folder: built, installed in a clean environment, started in a pty."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from .pty_program import PtyProgram

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_styles_data_and_types_are_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for sheet in (ROOT / "styles").glob("*.tcss"):
        assert f"ima_tui/styles/{sheet.name}" in names
    assert {"ima_tui/py.typed", "ima_tui/sandbox/products.toml"} <= names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert not any(name.startswith(("tests/", "benchmarks/", "docs/")) for name in names)


def test_it_starts_from_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "env"
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    subprocess.run([*install, "--no-deps", "--no-index", str(wheel)], check=True)
    # the dependencies are lent by this environment: a path alone brings none of its .pth files,
    # so the checkout that may be installed there stays invisible
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")

    where = subprocess.run(
        [python, "-c", "import ima_tui; print(ima_tui.__file__)"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert where.stdout.startswith(str(environment))

    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": os.devnull}
    command = [str(environment / "bin" / "ima-tui"), "demo"]
    with PtyProgram(command, cwd=str(tmp_path), env=home) as program:
        program.wait("Compose")
        program.wait("SeeDream")
        program.press("escape", "1")
        program.wait("Nano Banana")
        program.press("ctrl+q")
        assert program.wait_exit() == 0

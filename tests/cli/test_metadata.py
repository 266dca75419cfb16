"""What a package index and its users see: read from the wheel and the sdist as they are built."""

from __future__ import annotations

import email
import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.message import Message
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return folder


def the_only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


@pytest.fixture(scope="module")
def metadata(built: Path) -> Message:
    with zipfile.ZipFile(the_only(built, "*.whl")) as wheel:
        (name,) = [each for each in wheel.namelist() if each.endswith(".dist-info/METADATA")]
        return email.message_from_string(wheel.read(name).decode())


@pytest.fixture(scope="module")
def checkout(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(the_only(built, "*.tar.gz")) as archive:
        archive.extractall(folder, filter="data")
    return the_only(folder, "ima_tui-*")


def test_every_link_and_picture_of_the_description_is_absolute(metadata: Message) -> None:
    description = str(metadata.get_payload())
    assert "## Install" in description
    targets = re.findall(r"\]\(\s*<?([^)\s>]+)|(?:src|href)=[\"']([^\"']+)", description)
    relative = [first or second for first, second in targets]
    assert [each for each in relative if not each.startswith(("https://", "#"))] == []


def test_with_a_repository_links_and_pictures_lead_there() -> None:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    text = "![A](docs/a.png) [b](docs/b.md#c) [d](https://d.example) [e](#f)"
    assert hook.for_index(text, "https://r.example/x", "v1") == (
        "![A](https://r.example/x/raw/v1/docs/a.png) [b](https://r.example/x/blob/v1/docs/b.md#c)"
        " [d](https://d.example) [e](#f)"
    )
    assert hook.for_index(text, "", "v1") == " b [d](https://d.example) [e](#f)"


def test_links_and_pictures_of_the_repository_are_there() -> None:
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")):
        for target in re.findall(r"\]\((?!https?://|mailto:|#)([^)\s#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_metadata_names_people_systems_and_versions(metadata: Message) -> None:
    classifiers = metadata.get_all("Classifier", [])
    for minor in (11, 12, 13, 14):
        assert f"Programming Language :: Python :: 3.{minor}" in classifiers
    assert {"Operating System :: MacOS", "Operating System :: POSIX :: Linux"} <= set(classifiers)
    assert not any("Windows" in each for each in classifiers)
    assert metadata["Author"]
    assert metadata["License-Expression"] == "MIT"
    urls = metadata.get_all("Project-URL", [])
    assert any(each.startswith("Homepage, https://") for each in urls)


def test_an_index_takes_it(built: Path) -> None:
    if importlib.util.find_spec("twine") is None:
        pytest.skip("twine is not installed")
    command = [sys.executable, "-m", "twine", "check", "--strict", *map(str, built.iterdir())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_completions_and_the_man_page_are_in_the_wheel(built: Path) -> None:
    names = zipfile.ZipFile(the_only(built, "*.whl")).namelist()
    for place in (
        "man/man1/ima-tui.1",
        "bash-completion/completions/ima-tui",
        "zsh/site-functions/_ima-tui",
        "fish/vendor_completions.d/ima-tui.fish",
    ):
        assert any(name.endswith(f".data/data/share/{place}") for name in names), place


def test_the_sdist_holds_what_the_makefile_and_the_suite_need(checkout: Path) -> None:
    for name in ("Makefile", "install.sh", "hatch_build.py", "constraints.txt", "tests/fakes.py"):
        assert (checkout / name).is_file(), name
    for folder in ("tests", "docs", "benchmarks", "styles", "share"):
        ours = {p.relative_to(ROOT) for p in (ROOT / folder).rglob("*.*") if is_source(p)}
        assert {str(each) for each in ours if not (checkout / each).exists()} == set()


def is_source(path: Path) -> bool:
    return path.suffix in (".py", ".jsonl", ".pem", ".svg", ".txt", ".tcss", ".1", ".toml")


@pytest.mark.parametrize(
    "flags",
    [pytest.param(["-n", "2"], marks=pytest.mark.slow), ["-p", "no:xdist"]],
    ids=["xdist", "alone"],
)
def test_the_suite_runs_from_the_sdist(checkout: Path, flags: list[str]) -> None:
    if "-n" in flags and importlib.util.find_spec("xdist") is None:
        pytest.skip("pytest-xdist is not installed")
    command = [sys.executable, "-m", "pytest", *flags, "tests/core/test_text.py"]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_test_that_hangs_is_ended(tmp_path: Path) -> None:
    if importlib.util.find_spec("pytest_timeout") is None:
        pytest.skip("pytest-timeout is not installed")
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    assert 0 < options["timeout"] <= 600
    (tmp_path / "test_hanging.py").write_text(
        "import threading\n\ndef test_it():\n    threading.Event().wait()\n"
    )
    flags = ["-p", "no:xdist", "-p", "no:cacheprovider", "--timeout", "0.2"]
    flags += ["--timeout-method", options["timeout_method"]]
    command = [sys.executable, "-m", "pytest", *flags, "test_hanging.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Timeout" in done.stdout + done.stderr
    assert "threading.Event().wait()" in done.stdout + done.stderr  # it says where it hangs


def test_every_package_that_is_installed_with_ours_is_pinned() -> None:
    pinned = {
        canonicalize_name(line.partition("==")[0])
        for line in (ROOT / "constraints.txt").read_text().splitlines()
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    direct = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    waiting = [(each.name, frozenset(each.extras)) for each in map(Requirement, direct)]
    needed = {canonicalize_name(name) for name, _ in waiting}
    while waiting:
        name, extras = waiting.pop()
        try:
            lines = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # an extra that is not installed here
        for requirement in map(Requirement, lines):
            marker = requirement.marker
            wanted = marker is None or any(
                marker.evaluate({"extra": extra}) for extra in (*extras, "")
            )
            found = canonicalize_name(requirement.name)
            if wanted and found not in needed:
                needed.add(found)
                waiting.append((found, frozenset(requirement.extras)))
    assert {each for each in needed if each not in pinned} == set()


def test_the_makefile_finds_the_gnu_make_it_needs() -> None:
    bmake = shutil.which("bmake")
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "GNU make" in readme
    if bmake is None:
        pytest.skip("bmake is not installed")
    done = subprocess.run([bmake, "-n", "demo"], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode != 0  # so the README has to say it

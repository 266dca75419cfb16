"""Writes docs/platforms.md: interpreters, installers, shells and accounts, each really tried.

What is not on this machine is marked "not here", and what no Linux machine can try "only read".
Needs the development packages. Usage: docs/platforms.py [TABLE ...], such as `shells make`; only
these tables are written anew.
"""

from __future__ import annotations

import os
import platform
import re
import runpy
import select
import shutil
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
SUITE = ("tests/core/test_text.py", "tests/ledger/test_ledger.py", "tests/cli/test_help.py")
TITLES = ("Accounts", "Shells", "make", "Installers", "Interpreters", "Suite", "Only read")
DEBIANS = (("bookworm", "python3"), ("sid", "python3.14"))
"""A release and its Python, which is installed without venv and pip at first."""
NOT_HERE = "not here"
SUM = re.compile(r"\b\d+ (?:passed|failed)\b.* in [\d.]+ ?s")
EXTRAS = "[video,heif,dev]"
WHOLE_SUITE_MINUTES = 60
PYTEST = (sys.executable, "-m", "pytest", "-n", "0", "-o", "addopts=")
STRANGER = 54321
"""A user id without a passwd entry."""
READS_ALL = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
"""So that the account can run a Python that lies in somebody's home; it may write nothing more."""

HEAD = f"""# Platforms

Written by `docs/platforms.py`: each row was really run, unless it says *only read*
(from the documentation) or *not here* (missing on this machine). **!** marks
a result that was not expected. This run: {platform.system()} {platform.machine()}."""

Row = tuple[str, str, str]


def run(
    *words: str | Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    minutes: int = 15,
) -> tuple[int, str]:
    """Exit code and the last line that was said, of tests their sum; those that failed are named on
    stderr."""
    try:
        done = subprocess.run(
            [str(word) for word in words],
            env=env,
            cwd=cwd,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=minutes * 60,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return -1, f"no end within {minutes} minutes"
    both = done.stdout + done.stderr if done.returncode else done.stderr + done.stdout
    said = [line for line in both.splitlines() if line.strip() and not line.startswith("make:")]
    for line in said:
        if line.startswith(("FAILED", "ERROR")):
            print(line, file=sys.stderr, flush=True)
    sums = [line.strip("= ") for line in said if SUM.search(line)]
    return done.returncode, (sums or said or [""])[-1]


def result(code: int, said: str, wanted: int = 0) -> str:
    mark = "" if code == wanted else "**!** "
    return f"{mark}exit {code}: {said[:110]}".replace("|", "\\|")


def pythons() -> Iterator[tuple[str, str | None]]:
    for minor in (11, 12, 13, 14):
        name = f"python3.{minor}"
        kept = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/{name}"))
        usable = [found for found in (shutil.which(name), *kept) if found and works(str(found))]
        yield name, str(usable[0]) if usable else None


def works(python: str) -> bool:
    return run(python, "-c", "import sqlite3, ssl, venv")[0] == 0


def interpreters(folder: Path) -> Iterator[Row]:
    """The pinned packages and a part of the suite under each; the newest packages under one."""
    newest = ""
    for name, python in pythons():
        if python is None:
            yield name, "pinned packages", NOT_HERE
            continue
        newest = python
        yield name, "pinned packages", tried(python, folder / name, ["-c", "constraints.txt"])
    if newest:
        yield Path(newest).name, "newest packages", tried(newest, folder / "newest", ["--upgrade"])


def tried(python: str, env: Path, flags: Sequence[str]) -> str:
    code, said = run(python, "-m", "venv", env)
    if code == 0:
        install = ("-m", "pip", "install", "--quiet", *flags, "-e", f".{EXTRAS}")
        code, said = run(env / "bin/python", *install, cwd=ROOT)
    if code == 0:
        suite = ("-m", "pytest", "-n", "2", "-o", "addopts=", *SUITE)
        code, said = run(env / "bin/python", *suite, cwd=ROOT)
    return result(code, said)


def archive(folder: Path) -> Iterator[Row]:
    """The whole suite from the unpacked sdist, with and without pytest-xdist."""
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    (packed,) = folder.glob("*.tar.gz")
    root = folder / "sdist"
    root.mkdir()
    run("tar", "-x", "--strip-components=1", "-C", root, "-f", packed)
    python = root / ".venv/bin/python"
    install = ("-m", "pip", "install", "--quiet", "-c", "constraints.txt", "-e", f".{EXTRAS}")
    run(sys.executable, "-m", "venv", root / ".venv")
    run(python, *install, cwd=root)
    for name in ("with pytest-xdist", "without pytest-xdist"):
        suite = run(python, "-m", "pytest", cwd=root, minutes=WHOLE_SUITE_MINUTES)
        yield f"the sdist, {name}", "the whole suite", result(*suite)
        run(python, "-m", "pip", "uninstall", "--quiet", "--yes", "pytest-xdist")


def installers(folder: Path) -> Iterator[Row]:
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    tools = folder / "tools"
    run(sys.executable, "-m", "venv", tools)
    run(tools / "bin/python", "-m", "pip", "install", "--quiet", "pipx", "uv")
    env = {**os.environ, "HOME": str(folder / "home")}
    env |= {"PIPX_HOME": str(folder / "pipx"), "PIPX_BIN_DIR": str(folder / "pipx/bin")}
    env |= {"UV_TOOL_DIR": str(folder / "uv"), "UV_TOOL_BIN_DIR": str(folder / "uv/bin")}
    env |= {"UV_FIND_LINKS": os.environ.get("PIP_FIND_LINKS", "")}
    plain = folder / "pip"
    uv = (tools / "bin/uv", "tool", "install")
    run(sys.executable, "-m", "venv", plain)
    commands: tuple[tuple[str, Path, list[str | Path]], ...] = (
        ("pip", plain / "bin", [plain / "bin/python", "-m", "pip", "install", "-q", wheel]),
        ("pipx", folder / "pipx/bin", [tools / "bin/pipx", "install", wheel]),
        (
            "uv",
            folder / "uv/bin",
            [*uv, "--python", sys.executable, wheel],
        ),
    )
    for name, program, command in commands:
        code, said = run(*command, env=env)
        if code == 0:
            code, said = run(program / "ima-tui", "--version", env=env)
        yield name, "the wheel, then `ima-tui --version`", result(code, said)
    manual = plain / "share/man/man1/ima-tui.1"
    yield (
        "pip",
        "man page and completions under `share/`",
        "there" if manual.is_file() else "**!** missing",
    )


def shells() -> Iterator[Row]:
    test = "tests/terminal/test_completion.py"
    for name in ("bash", "zsh", "fish"):
        found = shutil.which(name)
        if found is None:
            yield name, "tab completion", NOT_HERE
            continue
        version = run(found, "--version")[1]
        command = (sys.executable, "-m", "pytest", "-n", "0", "-o", "addopts=", test, "-k", name)
        yield (
            name,
            f"tab completion ({first_line(found)})",
            result(*run(*command, cwd=ROOT)) or version,
        )


def first_line(shell: str) -> str:
    done = subprocess.run([shell, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.splitlines()[0] if done.stdout else ""


def accounts(folder: Path) -> Iterator[Row]:
    """Each as another user id, which only root can become."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        yield "other accounts", "needs root and setpriv", NOT_HERE
        return
    program = (sys.executable, "-m", "ima_tui")
    path = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    own = folder / "own"
    own.mkdir()
    os.chown(own, STRANGER, STRANGER)
    locked = folder / "locked"
    locked.mkdir(mode=0o555)
    folder.chmod(0o755)
    for name, env, words, wanted in (
        ("no HOME, no passwd entry", {}, ["doctor"], 2),
        ("no HOME, no passwd entry", {}, ["jobs", "list"], 2),
        ("no HOME, no passwd entry", {}, ["--version"], 0),
        ("empty HOME", {"HOME": ""}, ["jobs", "list"], 2),
        ("relative HOME", {"HOME": "home"}, ["jobs", "list"], 2),
        ("HOME set, no passwd entry", {"HOME": str(own)}, ["jobs", "list"], 0),
        ("HOME set, read-only install", {"HOME": str(own)}, ["models", "--json"], 3),
        ("read-only HOME", {"HOME": str(locked)}, ["jobs", "list"], 0),
        ("read-only HOME", {"HOME": str(locked)}, ["doctor"], 1),
        ("HOME does not exist", {"HOME": "/nonexistent"}, ["jobs", "list"], 0),
        ("`~nosuchuser`", {"HOME": str(own)}, ["batch", "~nosuchuser/a.csv"], 2),
        ("`~nosuchuser`", {"HOME": str(own)}, ["logs", "--export", "~nosuchuser/a"], 2),
    ):
        become = ("setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups")
        code, said = run(*become, *READS_ALL, *program, *words, env={**path, **env}, cwd=folder)
        shown = result(code, said, wanted).replace(str(folder), "…")
        yield name, f"`ima-tui {' '.join(words)}`", shown


def makes(folder: Path) -> Iterator[Row]:
    clone = folder / "clone"
    clone.mkdir()
    for name in ("Makefile", "install.sh", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, clone)
    for old in sorted(Path.home().glob(".pyenv/versions/3.10.*/bin")):
        env = {**os.environ, "PATH": f"{old}{os.pathsep}{os.environ['PATH']}"}
        code, said = run("sh", "install.sh", ".venv", ".", env=env, cwd=clone)
        yield "python3 is 3.10", "`install.sh`, as `make demo` runs it", result(code, said, 1)
    code, said = run(
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "0",
        "-o",
        "addopts=",
        "tests/install/test_make.py",
        cwd=ROOT,
    )
    yield (
        "no venv, no pip, no network, then repaired",
        "tests/install/test_make.py (stand-ins)",
        result(code, said),
    )


def debians(folder: Path) -> Iterator[Row]:
    """Bare Debian systems: `make demo` fails with a sentence, and works once venv is there."""
    for release, python in DEBIANS:
        root, why = bare(folder, release, python)
        if root is None:
            yield f"Debian {release}", "debootstrap", why
            continue
        make = f"make demo PYTHON={python}"
        yield f"Debian {release}, no venv module", f"`{make}`", result(*inside(root, make), 2)
        inside(root, f"apt-get install -q -y {python}-venv")
        yield f"Debian {release}", f"`{make}`, in a terminal", first_screen(root, make)


def newest_python(folder: Path) -> Iterator[Row]:
    """The whole suite under the newest Python, which only the newest Debian has."""
    release, python = DEBIANS[-1]
    root, why = bare(folder, release, python)
    if root is None:
        yield python, "pinned packages, the whole suite", why
        return
    inside(root, f"apt-get install -q -y {python}-venv")
    inside(root, f"make .venv/.dev PYTHON={python}")
    suite = inside(root, ".venv/bin/python -m pytest", WHOLE_SUITE_MINUTES)
    yield python, "pinned packages, the whole suite", result(*suite)


def bare(folder: Path, release: str, python: str) -> tuple[Path | None, str]:
    """A minimal Debian with the last commit in /ima; None with the reason."""
    root = folder / release
    if root.exists():
        return root, ""
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        return None, f"{NOT_HERE}: needs root and debootstrap"
    packages = f"--include=ca-certificates,make,{python}"
    code, said = run("debootstrap", "--variant=minbase", packages, release, root)
    if code != 0:
        return None, result(code, said)
    for file in ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt"):
        shutil.copy(file, f"{root}{file}")
    (root / "ima").mkdir()
    archive = ("git", "-C", str(ROOT), "archive", "HEAD")
    files = subprocess.run(archive, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(root / "ima")], input=files, check=True)
    return root, ""


def entering(root: Path, command: str) -> list[str]:
    """The command that runs `command` in the system below `root`, which goes with its mounts."""
    mounts = f"mount --rbind /dev {root}/dev && mount -t proc proc {root}/proc"
    clean = ("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "TERM=xterm", "LANG=C.UTF-8")
    pip = "PIP_CERT=/etc/ssl/certs/ca-certificates.crt"
    start = f"{mounts} && exec chroot {root} env -i {' '.join(clean)} {pip} sh -c '{command}'"
    return ["unshare", "--mount", "sh", "-c", start]


def inside(root: Path, command: str, minutes: int = 15) -> tuple[int, str]:
    return run(*entering(root, f"cd /ima && {command}"), minutes=minutes)


def first_screen(root: Path, command: str) -> str:
    terminal = runpy.run_path(str(ROOT / "tests/terminal/pty_program.py"))
    with terminal["PtyProgram"](entering(root, f"cd /ima && {command}")) as program:
        try:
            program.wait("Compose", 600)
        except AssertionError:
            return "**!** no screen within 10 minutes"
        program.press("ctrl+q")
        return result(program.wait_exit(), "installed, the first screen shown, left by ctrl+q")


def behind_a_proxy(folder: Path) -> Iterator[Row]:
    """Installs where the index is reached through an HTTP proxy alone."""
    asked: list[str] = []
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), tunnel(asked)) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{proxy.server_address[1]}"
        env = {**os.environ, "HTTPS_PROXY": url, "https_proxy": url, "PIP_NO_CACHE_DIR": "1"}
        env = {name: value for name, value in env.items() if name.lower() != "no_proxy"}
        clone = folder / "proxied"
        run("git", "clone", "--quiet", ROOT, clone)
        code, said = run("sh", "install.sh", ".venv", ".", env=env, cwd=clone)
        if code == 0:
            code, said = run(clone / ".venv/bin/ima-tui", "--version")
        proxy.shutdown()
    said = f"{said}, {len(asked)} connections through the proxy" if asked else "**!** went past it"
    yield "behind an HTTP proxy", "`install.sh`, then `ima-tui --version`", result(code, said)


def tunnel(asked: list[str]) -> type[socketserver.StreamRequestHandler]:
    """An HTTP proxy that knows CONNECT, and notes what it was asked for."""

    class Tunnel(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            request = self.rfile.readline().decode("latin-1").split()
            while self.rfile.readline().strip():
                pass
            asked.append(request[1])
            host, _, port = request[1].rpartition(":")
            with socket.create_connection((host, int(port)), 60) as far:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                ends = {self.connection: far, far: self.connection}
                while ready := select.select(list(ends), [], [], 60)[0]:
                    for end in ready:
                        data = end.recv(65536)
                        if not data:
                            return
                        ends[end].sendall(data)

    return Tunnel


ONLY_READ = (
    ("macOS", "`PRAGMA fullfsync`, `F_FULLFSYNC`", "only read: tested with a stand-in"),
    ("Windows", "the sentence that names WSL", "only read: tested with a stand-in"),
    ("WSL", "as Linux", "only read"),
)


def tables(folder: Path, names: Collection[str]) -> Iterator[tuple[str, list[Row]]]:
    """The tables of these names, or all of them, each made when it is its turn."""
    made: dict[str, Callable[[], Iterable[Row]]] = {
        "Accounts": lambda: accounts(folder),
        "Shells": shells,
        "make": lambda: [*makes(folder), *behind_a_proxy(folder), *debians(folder)],
        "Installers": lambda: installers(folder),
        "Interpreters": lambda: interpreters(folder),
        "Suite": lambda: [*archive(folder), *newest_python(folder)],
        "Only read": lambda: ONLY_READ,
    }
    for title, rows in made.items():
        if not names or title.lower() in names:
            yield title, list(rows())


def kept(text: str) -> dict[str, str]:
    """The tables that the document has, by their titles."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], map(str.strip, parts[2::2]), strict=True))


def main(names: Collection[str]) -> None:
    document = ROOT / "docs/platforms.md"
    found = kept(document.read_text("utf-8")) if names else {}
    with tempfile.TemporaryDirectory() as name:
        for title, rows in tables(Path(name), names):
            lines = ["| what | tried | result |", "| --- | --- | --- |"]
            found[title] = "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
            text = [HEAD, *(f"## {each}\n\n{found[each]}" for each in TITLES if each in found)]
            document.write_text("\n\n".join(text) + "\n", "utf-8")  # of a long run, what there is


if __name__ == "__main__":
    main({each.lower() for each in sys.argv[1:]})

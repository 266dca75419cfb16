"""Writes docs/environments.md: what the verbs and the screen do in forty awkward environments.

Everything runs against the sandbox or against nobody at all: no variable here lets a request leave
this machine. Needs the development packages (pyte).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from terminal.pty_program import PtyProgram  # noqa: E402

from ima_tui.sandbox.server import running_sandbox  # noqa: E402

DOCUMENTED = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130}
VERBS = ("models --json", "generate --task-type text_to_image fox --json", "jobs list", "doctor")
AWAY = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Environment:
    """`official`: the service is the real one, which the setting keeps from being asked.
    `said`: a pattern for what the screen says; "" where no screen is opened."""

    name: str
    env: Mapping[str, str] = field(default_factory=dict)
    shell: str = ""
    official: bool = False
    said: str = "no price yet|pts"


def environments(folder: Path) -> Iterator[Environment]:
    garbage = folder / "garbage.pem"
    garbage.write_text("no certificate\n")
    empty = folder / "empty"
    empty.mkdir()
    for variable, value, said in (
        ("ALL_PROXY", "foo://127.0.0.1:1", "ALL_PROXY"),
        ("https_proxy", "socks4://127.0.0.1:1080", "https_proxy"),
        ("HTTPS_PROXY", "http://proxy.example:99999", "HTTPS_PROXY"),
        ("HTTPS_PROXY", "http://", "HTTPS_PROXY"),
        ("https_proxy", "proxy example", "https_proxy"),
        ("HTTPS_PROXY", AWAY, "127.0.0.1:9"),
        ("ALL_PROXY", "socks5://127.0.0.1:9", "127.0.0.1:9"),
        ("SSL_CERT_FILE", "/nowhere.pem", "SSL_CERT_FILE"),
        ("SSL_CERT_FILE", str(garbage), "SSL_CERT_FILE"),
        ("SSL_CERT_FILE", os.devnull, "SSL_CERT_FILE"),
        ("SSL_CERT_DIR", str(empty), "SSL_CERT_DIR"),
        ("REQUESTS_CA_BUNDLE", "/nowhere.pem", "REQUESTS_CA_BUNDLE"),
        ("CURL_CA_BUNDLE", str(garbage), "CURL_CA_BUNDLE"),
    ):
        shown = value.replace(str(folder), "…")
        yield Environment(f"`{variable}={shown}`", {variable: value}, official=True, said=said)
    for variable, value in (
        *(("HTTP_PROXY", AWAY), ("HTTPS_PROXY", AWAY), ("ALL_PROXY", "socks5://127.0.0.1:9")),
        *(("all_proxy", "foo://"), ("SSL_CERT_FILE", "/nowhere.pem"), ("NO_PROXY", "::::,,/*")),
    ):
        yield Environment(f"sandbox, `{variable}={value}`", {variable: value})
    for env in (
        *({"LC_ALL": name} for name in ("C", "POSIX", "en_US.ISO-8859-1", "zh_CN.GBK")),
        *({"LC_ALL": name} for name in ("xx_XX.nowhere", "ja_JP.SJIS")),
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0"},
    ):
        said = "没有价格|积分" if env.get("LC_ALL") == "zh_CN.GBK" else "no price yet|pts"
        yield Environment(" ".join(f"`{n}={v}`" for n, v in env.items()), env, said=said)
    for shell in (">&-", "> /dev/full", "2>&-", "2> /dev/full", "<&-", "| true"):
        yield Environment(f"`{shell}`", shell=shell, said="")
    for term, said in (
        *(("dumb", "can't show"), ("", "can't show"), ("unknown", "can't show")),
        *((name, "no price yet|pts") for name in ("vt100", "linux", "xterm-mono", "xterm-kitty")),
    ):
        yield Environment(f"`TERM={term}`", {"TERM": term}, said=said)


def outcome(one: Environment, verb: str, env: Mapping[str, str]) -> str:
    """The exit code of a verb, marked where it is none that the documentation has."""
    program = f'ima() {{ {sys.executable} -m ima_tui "$@"; }}; ima {verb} {one.shell}'
    if one.shell.startswith("|"):
        program += "; exit ${PIPESTATUS[0]}"
    done = subprocess.run(["bash", "-c", program], env=env, capture_output=True, timeout=180)
    text = (done.stdout + done.stderr).decode("utf-8", "replace")
    bad = done.returncode not in DOCUMENTED or re.search("Traceback|Exception ignored", text)
    return f"{done.returncode} **!**" if bad else str(done.returncode)


def on_screen(one: Environment, env: Mapping[str, str]) -> str:
    """The line with the reason, and how long after the frame it stood there."""
    if not one.said:
        return "–"
    alone = ["env", "-i", *(f"{name}={value}" for name, value in env.items())]
    encoding = "gbk" if env["LC_ALL"].endswith("GBK") else "utf-8"
    command = [*alone, sys.executable, "-m", "ima_tui"]
    with PtyProgram(command, columns=110, encoding=encoding) as program:
        try:
            framed = program.wait(f"Compose|对话|创作|{one.said}", 60)
            seen = program.wait(one.said, 60)
        except AssertionError:
            return "**nothing**"
        line = next(line for line in program.text.splitlines() if re.search(one.said, line))
        words = re.sub(r"\s+", " ", line).strip(" |▌")
        return f"{words[:80]} ({max(0.0, seen - framed):.1f} s)"


def main() -> None:
    rows = []
    with tempfile.TemporaryDirectory() as name, running_sandbox(speed=200) as box:
        folder = Path(name)
        for number, one in enumerate(environments(folder)):
            home = folder / f"home{number}"
            home.mkdir()
            kept = {n: os.environ[n] for n in ("PATH", "VIRTUAL_ENV") if n in os.environ}
            env = {
                **kept,
                "HOME": str(home),
                "LC_ALL": "C.UTF-8",
                "TERM": "xterm-256color",
                "IMA_API_KEY": "ima_environments_0001",
                "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            }
            if not one.official:
                env |= {"IMA_BASE_URL": box.base_url, "IMA_UPLOAD_URL": box.base_url}
            env |= one.env
            codes = [outcome(one, verb, env) for verb in VERBS]
            shown = one.name.replace("|", "\\|")
            said = on_screen(one, env).replace(str(folder), "…")
            rows.append(f"| {shown} | {' | '.join(codes)} | {said} |")
            print(rows[-1], flush=True)
    heads = [f"`{verb.partition(' ')[0]}`" for verb in VERBS]
    written = [
        "# Forty environments",
        "",
        "Written by `docs/environments.py`: the exit codes of four verbs, and what the screen",
        "says, with the seconds since its first frame. Exit codes are those of the README; **!**",
        "marks any other. Without “sandbox”, a proxy or certificate setting is tried with IMA's",
        "own address, which it keeps from being asked.",
        "",
        f"| environment | {' | '.join(heads)} | screen |",
        f"| --- | {' | '.join('---' for _ in VERBS)} | --- |",
        *rows,
    ]
    (ROOT / "docs" / "environments.md").write_text("\n".join(written) + "\n", "utf-8")


if __name__ == "__main__":
    main()

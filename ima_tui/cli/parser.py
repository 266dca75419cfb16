"""What can be typed: every verb, its flags, and the module that runs it."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import cast

from ima_tui import __version__
from ima_tui.cli.arguments import (
    COMMANDS,
    JOB_STATES,
    SERVICE,
    TASK_TYPES,
    VerbParser,
    Verbs,
    add_group,
    add_verb,
    count,
    integer,
    job_number,
    options,
    positive,
    positive_count,
    report_keys,
    result_number,
    translate_argparse,
)
from ima_tui.i18n import say

Verb = Callable[[argparse.Namespace], int | None]
_JSON = re.compile(r"--format[ =]json")


def wants_json(argv: Sequence[str]) -> bool:
    """Whether the command line asks for JSON, be it right or wrong."""
    listed = list(argv[:2]) in (["jobs", "list"], ["jobs", "report"]) and bool(
        _JSON.search(" ".join(argv))
    )
    return listed or "--json" in argv or "--output-json" in argv


def build(argv: Sequence[str] = ()) -> VerbParser:
    """The parser for `argv`: only the verb that it begins with, or all of them for help."""
    translate_argparse()
    VerbParser.as_json = wants_json(argv)
    parser = VerbParser(
        prog="ima-tui",
        description=say("cli.about"),
        epilog=say("cli.bare"),
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"ima-tui {__version__}",
                        help=say("argparse.version"))  # fmt: skip
    options(parser, "--read-only")
    parser.set_defaults(verb="ima_tui.cli.commands.tui:open_studio_screen")
    parser.add_argument("--language", help=say("cli.language"))
    _screen(parser)
    verbs = parser.add_subparsers(title=say("cli.verbs"), metavar="")
    named = VERBS.get(argv[0]) if argv else None
    for add in (named,) if named else VERBS.values():
        add(verbs)
    return parser


def verb_of(arguments: argparse.Namespace) -> Verb:
    """The function behind the verb, imported only now."""
    module, _, name = arguments.verb.partition(":")
    return cast(Verb, getattr(import_module(module), name))


def only_reads(arguments: argparse.Namespace) -> bool:
    """Return whether the verb sends and writes nothing: it may follow `--read-only`."""
    name = arguments.verb.removeprefix(f"{COMMANDS}.")
    if name == "logs:run":
        return not arguments.export
    if name == "models:export_prefs":
        return arguments.file in (None, "-")
    return name in _READING or (name in _PRICING and bool(arguments.dry_run))


_READING = frozenset(
    {
        "tui:open_studio_screen", "tui:open_demo", "models:run", "route:run", "workflow:show",
        "jobs_list:list_jobs", "jobs_list:report", "jobs:show_job", "jobs_change:verify",
        "inputs:show", "models:list_prefs", "models:show_path",
        "config:show", "config:show_path", "config:show_key", "doctor:run", "tui:serve_sandbox",
    }
)  # fmt: skip
_PRICING = frozenset({"generate:run", "batch:run"})
"""What buys nothing with `--dry-run`."""


def _screen(parser: VerbParser) -> None:
    """Flags of the verbs that open the studio for a person."""
    for name in ("plain", "inline_safe"):
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(
            flag, action="store_true", default=argparse.SUPPRESS, help=say(f"cli.{name}")
        )


def _demo(verbs: Verbs) -> None:
    parser = add_verb(verbs, "demo", "tui:open_demo", json=False)
    _screen(parser)
    options(parser, "--speed=N", type=positive, default=8.0)


def _models(verbs: Verbs) -> None:
    parser = add_verb(verbs, "models", "models:run", *SERVICE)
    options(parser, "--task-type=T", choices=TASK_TYPES)
    options(parser, "--search=S", default="")
    options(parser, "--refresh")


def _route(verbs: Verbs) -> None:
    parser = add_verb(verbs, "route", "route:run")
    options(parser, "text=TEXT route_text", nargs="?")
    options(parser, "--input-images", "--batch=FILE.jsonl route_batch", "--user-id")


def _generate(verbs: Verbs) -> None:
    parser = add_verb(
        verbs, "generate", "generate:run", "--task-type", "--input-images", "--list-models"
    )
    options(parser, "--from=FILE made_from", dest="made_from")
    parser.add_argument("--output-json", dest="json", action="store_true", help=say("cli.json"))
    _generating(parser)


def _generating(parser: VerbParser) -> None:
    """Flags of the verbs that make one thing from a prompt."""
    options(parser, *SERVICE)
    options(parser, "text=PROMPT prompt", nargs="?")
    options(parser, "--prompt=PROMPT prompt_flag", "--prompt-file=FILE")
    options(
        parser,
        *("--timeout", "--quiet", "--model-id", "--version-id", "--size", "--param"),
        *("--extra-params", "--n", "--dry-run", "--no-wait", "--download", "--max-credits"),
        *("--yes", "--lenient", "--remember-model", "--project"),
    )


def _batch(verbs: Verbs) -> None:
    parser = add_verb(verbs, "batch", "batch:run", *SERVICE, "file=FILE batch_file")
    options(parser, "--format=jsonl|json|csv|text", "--task-type", "--model-id", "--version-id")
    options(parser, "--param", "--n")
    options(parser, "--label=NAME", default="")
    options(
        parser,
        *("--project", "--dry-run", "--max-credits", "--yes agree", "--lenient", "--skip-bad"),
        *("--retry-failed", "--retry-unknown"),
    )
    options(parser, "--parallel=N", type=positive_count)
    options(parser, "--until=06:00 batch_until")
    options(parser, "--order=file|price batch_order", default="file")
    options(parser, "--after-repair", "--manifest=OUT", "--download")


def _workflow(verbs: Verbs) -> None:
    actions = add_group(verbs, "workflow")
    planned = add_verb(actions, "plan", "workflow:make", *SERVICE, "text=TEXT route_text")
    options(planned, "--output=FILE plan_output", "--input-images", "--yes", "--project")
    made = add_verb(actions, "make", "workflow_run:make", *SERVICE, "text=TEXT route_text",
                    about="workflow_make")  # fmt: skip
    made.set_defaults(again=False, within_limit=True)
    options(made, "--output=PLAN plan_output_again", required=True)
    options(made, "--max-credits=N", type=integer, required=True)
    options(made, "--input-images", "--yes", "--download", *_RUNNING)
    add_verb(actions, "show", "workflow:show", _PLAN)
    for name in ("run", "resume"):
        run = add_verb(actions, name, "workflow_run:run", *SERVICE, _PLAN, "--yes")
        run.set_defaults(again=name == "resume", within_limit=False)
        options(run, "--confirm=HASH plan_confirm", default="")
        options(run, "--max-credits", "--download", *_RUNNING)
    options(run, "--yes-unknown")
    assemble = add_verb(actions, "assemble", "workflow:assemble", _PLAN, *_FILM_OUTPUT,
                        about="workflow_assemble")  # fmt: skip
    _film_settings(assemble)


_PLAN = "file=PLAN plan_file"
_FILM_OUTPUT = ("--output=FILE film_output", "--replace film_replace")
_RUNNING = ("--after-repair", "--no-pause film_no_pause", "--project")


def _assemble(verbs: Verbs) -> None:
    parser = add_verb(verbs, "assemble", "film:assemble")
    options(parser, "files=VIDEO film_shots", nargs="+")
    place = parser.add_mutually_exclusive_group(required=True)
    options(place, "--output=FILE film_output", "--project=NAME film_project")
    options(parser, "--replace film_replace", "--music=FILE film_music", "--voice=FILE film_voice")
    options(parser, "--voice-at=S film_voice_at", default="1")
    options(parser, "--subtitles=TEXT film_subtitles")
    _film_settings(parser)
    options(parser, "--size=WxH film_size", dest="film_size")
    options(parser, "--fps=N film_fps", type=integer)


def _film_settings(parser: VerbParser) -> None:
    """How shots and sounds are put together."""
    options(parser, "--transition=cut|fade film_transition", "--fade=S film_fade")
    options(parser, "--music-volume=N film_music_volume", "--burn film_burn")
    options(parser, "--own-sound=N film_own_sound")
    options(parser, "--loudness=even|keep film_loudness", default="even")


def _frame(verbs: Verbs) -> None:
    parser = add_verb(verbs, "frame", "film:frame", "file=VIDEO film_file")
    options(parser, "--output=FILE film_output", required=True)
    options(parser, "--replace film_replace")
    options(parser, "--at=TIME frame_at", default="first")
    options(parser, "--ratio=W:H frame_ratio")


def _extend(verbs: Verbs) -> None:
    parser = add_verb(verbs, "extend", "film:extend", "file=VIDEO film_file")
    _generating(parser)


# ----------------------------------------------------------------------------------------- jobs


def _jobs(verbs: Verbs) -> None:
    """The order of the actions is that of their help."""
    actions = add_group(verbs, "jobs")
    listed = add_verb(actions, "list", "jobs_list:list_jobs", about="jobs_list")
    _chosen_jobs(listed)
    options(listed, "--sort=newest|points list_sort", default="newest")
    options(listed, "--limit=N", type=integer, default=50)
    _formats(listed, "list_format", "table", "json", "jsonl", "csv")
    options(listed, "--columns=A,B")
    told = add_verb(actions, "report", "jobs_list:report")
    options(told, "--by=A,B report_by", type=report_keys, default="day")
    _formats(told, "report_format", "table", "json", "csv")
    _chosen_jobs(told)
    _one_job(add_verb(actions, "show", "jobs:show_job"))
    waited = add_verb(actions, "wait", "jobs:wait_jobs", *SERVICE)
    _ids(waited, "*")
    options(waited, "--timeout")
    add_verb(actions, "watch", "jobs:watch", *SERVICE)
    _ordering(actions)
    fetched = add_verb(actions, "fetch", "jobs_change:fetch_jobs", *SERVICE)
    _named_jobs(fetched)
    options(fetched, "--download=DIR fetch_into")
    _named_jobs(add_verb(actions, "stop", "jobs_change:stop_jobs"))
    _one_job(add_verb(actions, "open", "jobs_change:open_job"))
    add_verb(actions, "verify", "jobs_change:verify")
    _ids(add_verb(actions, "forget", "jobs:forget_jobs"), "+")
    _mark(add_verb(actions, "mark", "jobs_change:mark"))
    exported = add_verb(actions, "export", "jobs_list:export", json=False)
    _formats(exported, "export_format", "jsonl", "csv")
    options(exported, "--with-prompts")
    _chosen_jobs(exported)


def _ordering(actions: Verbs) -> None:
    retried = add_verb(actions, "retry", "jobs_change:retry", *SERVICE)
    _named_jobs(retried)
    options(retried, "--yes retry_yes", "--yes-unknown", "--no-wait", "--download")
    again = add_verb(actions, "again", "jobs_change:again", *SERVICE)
    _ids(again, "+")
    options(again, "--model-id again_model", "--version-id", "--new-seed")
    options(again, "--project=NAME again_project", "--yes retry_yes", "--no-wait", "--download")
    sent = add_verb(actions, "send", "jobs_change:send_jobs", *SERVICE)
    _named_jobs(sent)
    options(sent, "--yes retry_yes", "--no-wait", "--download")


def _mark(parser: VerbParser) -> None:
    options(parser, "id=ID mark_id", type=result_number, nargs="+")
    star = parser.add_mutually_exclusive_group()
    star.add_argument("--star", action="store_true", default=None, help=say("cli.star"))
    star.add_argument("--no-star", dest="star", action="store_false", help=say("cli.no_star"))
    for name in ("tag", "untag"):
        options(parser, f"--{name}=A,B", action="append", default=[])
    options(parser, "--project=NAME mark_project")


def _formats(parser: VerbParser, about: str, *names: str) -> None:
    options(parser, f"--format={'|'.join(names)} {about}", default=names[0])


def _one_job(parser: VerbParser) -> None:
    options(parser, "id=ID job_id", type=job_number)


def _ids(parser: VerbParser, nargs: str, about: str = "job_id") -> None:
    options(parser, f"id=ID {about}", type=job_number, nargs=nargs)


def _named_jobs(parser: VerbParser) -> None:
    """Jobs by number or by filters."""
    _ids(parser, "*", "job_ids")
    _chosen_jobs(parser)


def _chosen_jobs(parser: VerbParser) -> None:
    """Flags that choose jobs of the ledger."""
    options(parser, "--status=S", nargs="+", choices=JOB_STATES, default=[])
    options(parser, "--task-type=T", choices=TASK_TYPES)
    options(parser, "--model=M model_part", "--search=TEXT prompt_part", default="")
    options(parser, "--since=7d made_since", "--until=T made_until", default="")
    options(parser, "--project=NAME of_project")
    options(parser, "--client=NAME of_client", default="")
    options(parser, "--starred")
    options(parser, "--tag=NAME tagged", default="")


# ------------------------------------------------------------------------------- what is kept


def _prefs(verbs: Verbs) -> None:
    actions = add_group(verbs, "prefs")
    add_verb(actions, "list", "models:list_prefs")
    add_verb(actions, "path", "models:show_path")
    saved = add_verb(actions, "set", "models:set_pref", *SERVICE)
    cleared = add_verb(actions, "clear", "models:clear_pref")
    for parser in (saved, cleared):
        parser.add_argument("task_type", choices=TASK_TYPES, metavar="TASK_TYPE")
    saved.add_argument("model_id", metavar="MODEL")
    options(cleared, "--user-id")
    given = add_verb(actions, "export", "models:export_prefs", about="prefs_export")
    options(given, "file=FILE prefs_export_file", nargs="?")
    taken = add_verb(actions, "import", "models:import_prefs", about="prefs_import")
    options(taken, "file=FILE prefs_file", "--dry-run prefs_dry_run")
    let_go = "--let-go prefs_let_go"
    add_verb(actions, "restore", "models:restore", let_go, about="prefs_restore")


def _subjects(verbs: Verbs) -> None:
    actions = add_group(verbs, "subjects")
    name = "name=NAME subject_name"
    added = add_verb(actions, "add", "inputs:add", name, about="subjects_add")
    options(added, "files=FILE subject_files", nargs="+")
    add_verb(actions, "list", "inputs:show", about="subjects_list")
    add_verb(actions, "remove", "inputs:remove", name, about="subjects_remove")
    file = "file=FILE.zip subject_export"
    add_verb(actions, "export", "inputs:export", file, about="subjects_export")


def _upload(verbs: Verbs) -> None:
    parser = add_verb(verbs, "upload", "inputs:upload", *SERVICE)
    options(parser, "files=FILE upload_files", nargs="+")


def _doctor(verbs: Verbs) -> None:
    add_verb(verbs, "doctor", "doctor:run", *SERVICE)


def _config(verbs: Verbs) -> None:
    actions = add_group(verbs, "config")
    add_verb(actions, "show", "config:show", about="config_show")
    add_verb(actions, "path", "config:show_path")
    add_verb(actions, "init", "config:init")
    name, value = "name=NAME config_name", "value=VALUE config_value"
    add_verb(actions, "set", "config:put", name, value, about="config_put")
    add_verb(actions, "unset", "config:drop", name, about="config_drop")


def _key(verbs: Verbs) -> None:
    actions = add_group(verbs, "key")
    add_verb(actions, "set", "config:set_key", "--keep=keyring|file", about="key_set")
    add_verb(actions, "show", "config:show_key", about="key_show")
    add_verb(actions, "forget", "config:forget_key", about="key_forget")


def _logs(verbs: Verbs) -> None:
    parser = add_verb(verbs, "logs", "logs:run")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("-f", "--follow", action="store_true", help=say("cli.follow"))
    options(way, "--export=FILE logs_export")
    options(parser, "--level=L", "--grep=RE", "--since=2h logs_since", default="")
    options(parser, "--until=14:05", "--source=S", default="")
    options(parser, "--job=N logs_job", type=integer)
    options(parser, "--points=N logs_points", type=count)
    options(parser, "--project=NAME logs_project", default="")
    options(parser, "--last=N", type=count)


def _mcp(verbs: Verbs) -> None:
    parser = add_verb(verbs, "mcp", "", json=False)
    parser.set_defaults(verb="ima_tui.mcp.verb:run")
    options(parser, "--http=PORT mcp_http", nargs="?", type=integer, const=8766)
    options(parser, "--port=N mcp_port", type=integer)
    options(parser, *SERVICE)


def _sandbox(verbs: Verbs) -> None:
    parser = add_verb(verbs, "sandbox", "tui:serve_sandbox", json=False)
    options(parser, "--port", type=integer, default=8765)
    options(parser, "--speed=N", type=positive, default=1.0)
    options(parser, "--scenario=FILE")
    parser.add_argument("--stdin-lifeline", action="store_true", help=argparse.SUPPRESS)


def _completion(verbs: Verbs) -> None:
    parser = add_verb(verbs, "completion", "completion:run", json=False)
    shells = ("bash", "zsh", "fish", "man", "install")
    options(parser, "shell=WHAT completion_what", choices=shells)


VERBS: dict[str, Callable[[Verbs], None]] = {
    add.__name__.removeprefix("_"): add
    for add in (
        *(_demo, _models, _route, _generate, _batch, _workflow, _assemble, _frame, _extend),
        *(_jobs, _subjects, _upload, _prefs, _config, _key, _logs, _doctor, _mcp, _sandbox),
        _completion,
    )
}

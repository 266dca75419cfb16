"""What can be typed: every verb, its flags, and the module that runs it."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import cast

from ima_tui import __version__
from ima_tui.cli import jobs_parser
from ima_tui.cli.arguments import (
    COMMANDS,
    TASK_TYPES,
    VerbParser,
    Verbs,
    add_verb,
    count,
    integer,
    positive,
    positive_count,
    project_flag,
    service_flags,
    translate_argparse,
)
from ima_tui.i18n import say

Verb = Callable[[argparse.Namespace], int]
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
    parser.add_argument("--read-only", action="store_true", help=say("cli.read_only"))
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
        "jobs_list:list_jobs", "jobs_list:report", "jobs:show_job", "jobs_fetch:verify",
        "inputs:show", "models:list_prefs", "models:show_path",
        "config:show", "config:show_path", "config:show_key", "doctor:run", "tui:serve_sandbox",
    }
)  # fmt: skip
_PRICING = frozenset({"generate:run", "batch:run"})
"""What buys nothing with `--dry-run`."""


def _screen(parser: VerbParser) -> None:
    """Flags of the verbs that open the studio for a person."""
    parser.add_argument(
        "--plain", action="store_true", default=argparse.SUPPRESS, help=say("cli.plain")
    )
    parser.add_argument(
        "--inline-safe", action="store_true", default=argparse.SUPPRESS, help=say("cli.inline_safe")
    )


def _demo(verbs: Verbs) -> None:
    parser = add_verb(verbs, "demo", "tui:open_demo")
    _screen(parser)
    parser.add_argument("--speed", type=positive, default=8.0, metavar="N", help=say("cli.speed"))


def _models(verbs: Verbs) -> None:
    parser = add_verb(verbs, "models", "models:run", json=True)
    service_flags(parser)
    parser.add_argument("--task-type", choices=TASK_TYPES, metavar="T", help=say("cli.task_type"))
    parser.add_argument("--search", metavar="S", default="", help=say("cli.search"))
    parser.add_argument("--refresh", action="store_true", help=say("cli.refresh"))


def _route(verbs: Verbs) -> None:
    parser = add_verb(verbs, "route", "route:run", json=True)
    parser.add_argument("text", nargs="?", metavar="TEXT", help=say("cli.route_text"))
    parser.add_argument(
        "--input-images", nargs="+", default=[], metavar="FILE", help=say("cli.input_images")
    )
    parser.add_argument("--batch", metavar="FILE.jsonl", help=say("cli.route_batch"))
    parser.add_argument("--user-id", help=say("cli.user_id"))


def _generate(verbs: Verbs) -> None:
    parser = add_verb(verbs, "generate", "generate:run", json=True)
    parser.add_argument("--task-type", metavar="T", help=say("cli.task_type"))
    parser.add_argument(
        "--input-images", nargs="+", default=[], metavar="FILE", help=say("cli.input_images")
    )
    parser.add_argument("--list-models", action="store_true", help=say("cli.list_models"))
    parser.add_argument("--from", dest="made_from", metavar="FILE", help=say("cli.made_from"))
    parser.add_argument("--output-json", dest="json", action="store_true", help=say("cli.json"))
    _generating(parser)


def _generating(parser: VerbParser) -> None:
    """Flags of the verbs that make one thing from a prompt."""
    service_flags(parser)
    parser.add_argument("text", nargs="?", metavar="PROMPT", help=say("cli.prompt"))
    parser.add_argument("--prompt", metavar="PROMPT", help=say("cli.prompt_flag"))
    parser.add_argument("--prompt-file", metavar="FILE", help=say("cli.prompt_file"))
    parser.add_argument("--timeout", type=positive, metavar="S", help=say("cli.timeout"))
    parser.add_argument("--quiet", action="store_true", help=say("cli.quiet"))
    parser.add_argument("--model-id", metavar="M", help=say("cli.model_id"))
    parser.add_argument("--version-id", metavar="V", default="", help=say("cli.version_id"))
    parser.add_argument("--size", help=say("cli.size"))
    parser.add_argument(
        "--param", action="append", default=[], metavar="K=V", help=say("cli.param")
    )
    parser.add_argument("--extra-params", metavar="JSON", help=say("cli.extra_params"))
    parser.add_argument("--n", type=integer, help=say("cli.n"))
    parser.add_argument("--dry-run", action="store_true", help=say("cli.dry_run"))
    parser.add_argument("--no-wait", action="store_true", help=say("cli.no_wait"))
    parser.add_argument("--download", nargs="?", const="", metavar="DIR", help=say("cli.download"))
    parser.add_argument("--max-credits", type=integer, metavar="N", help=say("cli.max_credits"))
    parser.add_argument("--yes", action="store_true", help=say("cli.yes"))
    parser.add_argument("--lenient", action="store_true", help=say("cli.lenient"))
    parser.add_argument("--remember-model", action="store_true", help=say("cli.remember_model"))
    project_flag(parser)


def _batch(verbs: Verbs) -> None:
    parser = add_verb(verbs, "batch", "batch:run", json=True)
    service_flags(parser)
    parser.add_argument("file", metavar="FILE", help=say("cli.batch_file"))
    parser.add_argument(
        "--format", choices=("jsonl", "json", "csv", "text"), help=say("cli.format")
    )
    parser.add_argument("--task-type", metavar="T", help=say("cli.task_type"))
    parser.add_argument("--model-id", metavar="M", help=say("cli.model_id"))
    parser.add_argument("--version-id", metavar="V", default="", help=say("cli.version_id"))
    parser.add_argument(
        "--param", action="append", default=[], metavar="K=V", help=say("cli.param")
    )
    parser.add_argument("--n", type=integer, help=say("cli.n"))
    parser.add_argument("--label", default="", metavar="NAME", help=say("cli.label"))
    project_flag(parser)
    parser.add_argument("--dry-run", action="store_true", help=say("cli.dry_run"))
    parser.add_argument("--max-credits", type=integer, metavar="N", help=say("cli.max_credits"))
    parser.add_argument("--yes", action="store_true", help=say("cli.agree"))
    parser.add_argument("--lenient", action="store_true", help=say("cli.lenient"))
    parser.add_argument("--skip-bad", action="store_true", help=say("cli.skip_bad"))
    parser.add_argument("--retry-failed", action="store_true", help=say("cli.retry_failed"))
    parser.add_argument("--retry-unknown", action="store_true", help=say("cli.retry_unknown"))
    parser.add_argument("--parallel", type=positive_count, metavar="N", help=say("cli.parallel"))
    parser.add_argument("--until", metavar="06:00", help=say("cli.batch_until"))
    parser.add_argument(
        "--order", choices=("file", "price"), default="file", help=say("cli.batch_order")
    )
    parser.add_argument("--after-repair", action="store_true", help=say("cli.after_repair"))
    parser.add_argument("--manifest", metavar="OUT", help=say("cli.manifest"))
    parser.add_argument("--download", nargs="?", const="", metavar="DIR", help=say("cli.download"))


def _workflow(verbs: Verbs) -> None:
    about = say("cli.workflow")
    parser = verbs.add_parser("workflow", help=about, description=about, allow_abbrev=False)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    planned = add_verb(actions, "plan", "workflow:make", json=True)
    service_flags(planned)
    planned.add_argument("text", metavar="TEXT", help=say("cli.route_text"))
    planned.add_argument("-o", "--output", metavar="FILE", help=say("cli.plan_output"))
    planned.add_argument(
        "--input-images", nargs="+", default=[], metavar="FILE", help=say("cli.input_images")
    )
    planned.add_argument("--yes", action="store_true", help=say("cli.yes"))
    project_flag(planned)
    _making(actions)
    shown = add_verb(actions, "show", "workflow:show", json=True)
    shown.add_argument("file", metavar="PLAN", help=say("cli.plan_file"))
    for name in ("run", "resume"):
        run = add_verb(actions, name, f"workflow_run:{name}", json=True)
        service_flags(run)
        run.add_argument("file", metavar="PLAN", help=say("cli.plan_file"))
        run.add_argument("--yes", action="store_true", help=say("cli.yes"))
        run.add_argument("--confirm", metavar="HASH", default="", help=say("cli.plan_confirm"))
        run.add_argument("--max-credits", type=integer, metavar="N", help=say("cli.max_credits"))
        run.add_argument("--download", nargs="?", const="", metavar="DIR", help=say("cli.download"))
        run.add_argument("--after-repair", action="store_true", help=say("cli.after_repair"))
        run.add_argument("--no-pause", action="store_true", help=say("cli.film_no_pause"))
        project_flag(run)
    run.add_argument("--yes-unknown", action="store_true", help=say("cli.yes_unknown"))
    about = "cli.workflow_assemble"
    assemble = add_verb(actions, "assemble", "workflow:assemble", json=True, about=about)
    assemble.add_argument("file", metavar="PLAN", help=say("cli.plan_file"))
    assemble.add_argument("-o", "--output", metavar="FILE", help=say("cli.film_output"))
    assemble.add_argument("--replace", action="store_true", help=say("cli.film_replace"))
    _film_settings(assemble)


def _making(actions: Verbs) -> None:
    parser = add_verb(actions, "make", "workflow_run:make", json=True, about="cli.workflow_make")
    service_flags(parser)
    parser.add_argument("text", metavar="TEXT", help=say("cli.route_text"))
    parser.add_argument(
        "-o", "--output", metavar="PLAN", required=True, help=say("cli.plan_output_again")
    )
    parser.add_argument(
        "--max-credits", type=integer, required=True, metavar="N", help=say("cli.max_credits")
    )
    parser.add_argument(
        "--input-images", nargs="+", default=[], metavar="FILE", help=say("cli.input_images")
    )
    parser.add_argument("--yes", action="store_true", help=say("cli.yes"))
    parser.add_argument("--download", nargs="?", const="", metavar="DIR", help=say("cli.download"))
    parser.add_argument("--after-repair", action="store_true", help=say("cli.after_repair"))
    parser.add_argument("--no-pause", action="store_true", help=say("cli.film_no_pause"))
    project_flag(parser)


def _assemble(verbs: Verbs) -> None:
    parser = add_verb(verbs, "assemble", "film:assemble", json=True)
    parser.add_argument("files", nargs="+", metavar="VIDEO", help=say("cli.film_shots"))
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("-o", "--output", metavar="FILE", help=say("cli.film_output"))
    place.add_argument("--project", metavar="NAME", help=say("cli.film_project"))
    parser.add_argument("--replace", action="store_true", help=say("cli.film_replace"))
    parser.add_argument("--music", metavar="FILE", help=say("cli.film_music"))
    parser.add_argument("--voice", metavar="FILE", help=say("cli.film_voice"))
    parser.add_argument("--voice-at", metavar="S", default="1", help=say("cli.film_voice_at"))
    parser.add_argument("--subtitles", metavar="TEXT", help=say("cli.film_subtitles"))
    _film_settings(parser)
    parser.add_argument("--size", dest="film_size", metavar="WxH", help=say("cli.film_size"))
    parser.add_argument("--fps", type=integer, metavar="N", help=say("cli.film_fps"))


def _film_settings(parser: VerbParser) -> None:
    """How shots and sounds are put together."""
    transitions, loudness = ("cut", "fade"), ("even", "keep")
    parser.add_argument("--transition", choices=transitions, help=say("cli.film_transition"))
    parser.add_argument("--fade", metavar="S", help=say("cli.film_fade"))
    parser.add_argument("--music-volume", metavar="N", help=say("cli.film_music_volume"))
    parser.add_argument("--burn", action="store_true", help=say("cli.film_burn"))
    parser.add_argument("--own-sound", metavar="N", help=say("cli.film_own_sound"))
    parser.add_argument(
        "--loudness", choices=loudness, default="even", help=say("cli.film_loudness")
    )


def _frame(verbs: Verbs) -> None:
    parser = add_verb(verbs, "frame", "film:frame", json=True)
    parser.add_argument("file", metavar="VIDEO", help=say("cli.film_file"))
    output = say("cli.film_output")
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help=output)
    parser.add_argument("--replace", action="store_true", help=say("cli.film_replace"))
    parser.add_argument("--at", metavar="TIME", default="first", help=say("cli.frame_at"))
    parser.add_argument("--ratio", metavar="W:H", help=say("cli.frame_ratio"))


def _extend(verbs: Verbs) -> None:
    parser = add_verb(verbs, "extend", "film:extend", json=True)
    parser.add_argument("file", metavar="VIDEO", help=say("cli.film_file"))
    _generating(parser)


def _prefs(verbs: Verbs) -> None:
    about = say("cli.prefs")
    parser = verbs.add_parser("prefs", help=about, description=about, allow_abbrev=False)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    add_verb(actions, "list", "models:list_prefs", json=True)
    add_verb(actions, "path", "models:show_path", json=True)
    saved = add_verb(actions, "set", "models:set_pref", json=True)
    service_flags(saved)
    saved.add_argument("task_type", choices=TASK_TYPES, metavar="TASK_TYPE")
    saved.add_argument("model_id", metavar="MODEL")
    cleared = add_verb(actions, "clear", "models:clear_pref", json=True)
    cleared.add_argument("task_type", choices=TASK_TYPES, metavar="TASK_TYPE")
    cleared.add_argument("--user-id", help=say("cli.user_id"))
    given = add_verb(actions, "export", "models:export_prefs", json=True, about="cli.prefs_export")
    given.add_argument("file", nargs="?", metavar="FILE", help=say("cli.prefs_export_file"))
    taken = add_verb(actions, "import", "models:import_prefs", json=True, about="cli.prefs_import")
    taken.add_argument("file", metavar="FILE", help=say("cli.prefs_file"))
    taken.add_argument("--dry-run", action="store_true", help=say("cli.prefs_dry_run"))
    restored = add_verb(actions, "restore", "models:restore", json=True, about="cli.prefs_restore")
    restored.add_argument("--let-go", action="store_true", help=say("cli.prefs_let_go"))


def _subjects(verbs: Verbs) -> None:
    about = say("cli.subjects")
    parser = verbs.add_parser("subjects", help=about, description=about, allow_abbrev=False)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    added = add_verb(actions, "add", "inputs:add", json=True, about="cli.subjects_add")
    added.add_argument("name", metavar="NAME", help=say("cli.subject_name"))
    added.add_argument("files", nargs="+", metavar="FILE", help=say("cli.subject_files"))
    add_verb(actions, "list", "inputs:show", json=True, about="cli.subjects_list")
    removed = add_verb(actions, "remove", "inputs:remove", json=True, about="cli.subjects_remove")
    removed.add_argument("name", metavar="NAME", help=say("cli.subject_name"))
    exported = add_verb(actions, "export", "inputs:export", json=True, about="cli.subjects_export")
    exported.add_argument("file", metavar="FILE.zip", help=say("cli.subject_export"))


def _upload(verbs: Verbs) -> None:
    parser = add_verb(verbs, "upload", "inputs:upload", json=True)
    service_flags(parser)
    parser.add_argument("files", nargs="+", metavar="FILE", help=say("cli.upload_files"))


def _config(verbs: Verbs) -> None:
    about = say("cli.config")
    parser = verbs.add_parser("config", help=about, description=about, allow_abbrev=False)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    add_verb(actions, "show", "config:show", json=True, about="cli.config_show")
    add_verb(actions, "path", "config:show_path", json=True)
    add_verb(actions, "init", "config:init", json=True)
    changed = add_verb(actions, "set", "config:put", json=True, about="cli.config_put")
    changed.add_argument("name", metavar="NAME", help=say("cli.config_name"))
    changed.add_argument("value", metavar="VALUE", help=say("cli.config_value"))
    dropped = add_verb(actions, "unset", "config:drop", json=True, about="cli.config_drop")
    dropped.add_argument("name", metavar="NAME", help=say("cli.config_name"))


def _key(verbs: Verbs) -> None:
    about = say("cli.key")
    parser = verbs.add_parser("key", help=about, description=about, allow_abbrev=False)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    kept = add_verb(actions, "set", "config:set_key", json=True, about="cli.key_set")
    kept.add_argument("--keep", choices=("keyring", "file"), help=say("cli.keep"))
    add_verb(actions, "show", "config:show_key", json=True, about="cli.key_show")
    add_verb(actions, "forget", "config:forget_key", json=True, about="cli.key_forget")


def _logs(verbs: Verbs) -> None:
    parser = add_verb(verbs, "logs", "logs:run", json=True)
    way = parser.add_mutually_exclusive_group()
    way.add_argument("-f", "--follow", action="store_true", help=say("cli.follow"))
    way.add_argument("--export", metavar="FILE", help=say("cli.logs_export"))
    parser.add_argument("--level", metavar="L", default="", help=say("cli.level"))
    parser.add_argument("--grep", metavar="RE", default="", help=say("cli.grep"))
    parser.add_argument("--since", metavar="2h", default="", help=say("cli.logs_since"))
    parser.add_argument("--until", metavar="14:05", default="", help=say("cli.until"))
    parser.add_argument("--source", metavar="S", default="", help=say("cli.source"))
    parser.add_argument("--job", type=integer, metavar="N", help=say("cli.logs_job"))
    parser.add_argument("--points", type=count, metavar="N", help=say("cli.logs_points"))
    parser.add_argument("--project", metavar="NAME", default="", help=say("cli.logs_project"))
    parser.add_argument("--last", type=count, metavar="N", help=say("cli.last"))


def _doctor(verbs: Verbs) -> None:
    parser = add_verb(verbs, "doctor", "doctor:run", json=True)
    service_flags(parser)


def _mcp(verbs: Verbs) -> None:
    parser = add_verb(verbs, "mcp", "")
    parser.set_defaults(verb="ima_tui.mcp.verb:run")
    parser.add_argument(
        "--http", nargs="?", type=integer, const=8766, metavar="PORT", help=say("cli.mcp_http")
    )
    parser.add_argument("--port", type=integer, metavar="N", help=say("cli.mcp_port"))
    service_flags(parser)


def _sandbox(verbs: Verbs) -> None:
    parser = add_verb(verbs, "sandbox", "tui:serve_sandbox")
    parser.add_argument("--port", type=integer, default=8765, help=say("cli.port"))
    parser.add_argument("--speed", type=positive, default=1.0, metavar="N", help=say("cli.speed"))
    parser.add_argument("--scenario", metavar="FILE", help=say("cli.scenario"))
    parser.add_argument("--stdin-lifeline", action="store_true", help=argparse.SUPPRESS)


def _completion(verbs: Verbs) -> None:
    parser = add_verb(verbs, "completion", "completion:run")
    parser.add_argument(
        "shell",
        choices=("bash", "zsh", "fish", "man", "install"),
        metavar="WHAT",
        help=say("cli.completion_what"),
    )


VERBS: dict[str, Callable[[Verbs], None]] = {
    "demo": _demo,
    "models": _models,
    "route": _route,
    "generate": _generate,
    "batch": _batch,
    "workflow": _workflow,
    "assemble": _assemble,
    "frame": _frame,
    "extend": _extend,
    "jobs": jobs_parser.add,
    "subjects": _subjects,
    "upload": _upload,
    "prefs": _prefs,
    "config": _config,
    "key": _key,
    "logs": _logs,
    "doctor": _doctor,
    "mcp": _mcp,
    "sandbox": _sandbox,
    "completion": _completion,
}

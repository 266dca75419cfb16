"""`ima-tui jobs`: its actions and their flags."""

from __future__ import annotations

from ima_tui.cli.arguments import (
    TASK_TYPES,
    VerbParser,
    Verbs,
    add_verb,
    integer,
    job_number,
    positive,
    report_keys,
    result_number,
    service_flags,
)
from ima_tui.core.domain import State
from ima_tui.i18n import say

JOB_STATES = [*(state.value for state in State), "open", "unsent", "ended", "held"]


def add(verbs: Verbs) -> None:
    """Add the verb. The order of the actions is that of its help."""
    about = say("cli.jobs")
    parser = verbs.add_parser("jobs", help=about, description=about, allow_abbrev=False)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _listing(actions)
    _following(actions)
    _ordering(actions)
    _results(actions)
    _marking(actions)
    _exporting(actions)


def _listing(actions: Verbs) -> None:
    listed = add_verb(actions, "list", "jobs_list:list_jobs", json=True, about="cli.jobs_list")
    _chosen_jobs(listed)
    listed.add_argument(
        "--sort", choices=("newest", "points"), default="newest", help=say("cli.list_sort")
    )
    listed.add_argument("--limit", type=integer, default=50, metavar="N", help=say("cli.limit"))
    listed.add_argument(
        "--format",
        choices=("table", "json", "jsonl", "csv"),
        default="table",
        help=say("cli.list_format"),
    )
    listed.add_argument("--columns", metavar="A,B", help=say("cli.columns"))
    told = add_verb(actions, "report", "jobs_list:report", json=True)
    told.add_argument(
        "--by", type=report_keys, default="day", metavar="A,B", help=say("cli.report_by")
    )
    told.add_argument("--format", choices=("table", "json", "csv"), default="table",
                      help=say("cli.report_format"))  # fmt: skip
    _chosen_jobs(told)
    shown = add_verb(actions, "show", "jobs:show_job", json=True)
    shown.add_argument("id", type=job_number, metavar="ID", help=say("cli.job_id"))


def _following(actions: Verbs) -> None:
    waited = add_verb(actions, "wait", "jobs:wait_jobs", json=True)
    service_flags(waited)
    waited.add_argument("id", type=job_number, nargs="*", metavar="ID", help=say("cli.job_id"))
    waited.add_argument("--timeout", type=positive, metavar="S", help=say("cli.timeout"))
    watched = add_verb(actions, "watch", "jobs:watch", json=True)
    service_flags(watched)


def _ordering(actions: Verbs) -> None:
    retried = add_verb(actions, "retry", "jobs_send:retry", json=True)
    service_flags(retried)
    _named_jobs(retried)
    retried.add_argument("--yes", action="store_true", help=say("cli.retry_yes"))
    retried.add_argument("--yes-unknown", action="store_true", help=say("cli.yes_unknown"))
    retried.add_argument("--no-wait", action="store_true", help=say("cli.no_wait"))
    retried.add_argument("--download", nargs="?", const="", metavar="DIR", help=say("cli.download"))
    again = add_verb(actions, "again", "jobs_send:again", json=True)
    service_flags(again)
    again.add_argument("id", type=job_number, nargs="+", metavar="ID", help=say("cli.job_id"))
    again.add_argument("--model-id", metavar="M", help=say("cli.again_model"))
    again.add_argument("--version-id", metavar="V", default="", help=say("cli.version_id"))
    again.add_argument("--new-seed", action="store_true", help=say("cli.new_seed"))
    again.add_argument("--project", metavar="NAME", help=say("cli.again_project"))
    again.add_argument("--yes", action="store_true", help=say("cli.retry_yes"))
    again.add_argument("--no-wait", action="store_true", help=say("cli.no_wait"))
    again.add_argument("--download", nargs="?", const="", metavar="DIR", help=say("cli.download"))
    sent = add_verb(actions, "send", "jobs_send:send_jobs", json=True)
    service_flags(sent)
    _named_jobs(sent)
    sent.add_argument("--yes", action="store_true", help=say("cli.retry_yes"))
    sent.add_argument("--no-wait", action="store_true", help=say("cli.no_wait"))
    sent.add_argument("--download", nargs="?", const="", metavar="DIR", help=say("cli.download"))


def _results(actions: Verbs) -> None:
    fetched = add_verb(actions, "fetch", "jobs_fetch:fetch_jobs", json=True)
    service_flags(fetched)
    _named_jobs(fetched)
    fetched.add_argument("--download", metavar="DIR", help=say("cli.fetch_into"))
    stopped = add_verb(actions, "stop", "jobs_send:stop_jobs", json=True)
    _named_jobs(stopped)
    opened = add_verb(actions, "open", "jobs_fetch:open_job", json=True)
    opened.add_argument("id", type=job_number, metavar="ID", help=say("cli.job_id"))
    add_verb(actions, "verify", "jobs_fetch:verify", json=True)
    forgotten = add_verb(actions, "forget", "jobs:forget_jobs", json=True)
    forgotten.add_argument("id", type=job_number, nargs="+", metavar="ID", help=say("cli.job_id"))


def _exporting(actions: Verbs) -> None:
    exported = add_verb(actions, "export", "jobs_list:export")
    exported.add_argument(
        "--format", choices=("jsonl", "csv"), default="jsonl", help=say("cli.export_format")
    )
    exported.add_argument("--with-prompts", action="store_true", help=say("cli.with_prompts"))
    _chosen_jobs(exported)


def _marking(actions: Verbs) -> None:
    parser = add_verb(actions, "mark", "jobs_fetch:mark", json=True)
    parser.add_argument("id", type=result_number, nargs="+", metavar="ID", help=say("cli.mark_id"))
    star = parser.add_mutually_exclusive_group()
    star.add_argument("--star", action="store_true", default=None, help=say("cli.star"))
    star.add_argument("--no-star", dest="star", action="store_false", help=say("cli.no_star"))
    parser.add_argument("--tag", action="append", default=[], metavar="A,B", help=say("cli.tag"))
    parser.add_argument(
        "--untag", action="append", default=[], metavar="A,B", help=say("cli.untag")
    )
    parser.add_argument("--project", metavar="NAME", help=say("cli.mark_project"))


def _named_jobs(parser: VerbParser) -> None:
    """Jobs by number or by filters."""
    parser.add_argument("id", type=job_number, nargs="*", metavar="ID", help=say("cli.job_ids"))
    _chosen_jobs(parser)


def _chosen_jobs(parser: VerbParser) -> None:
    """Flags that choose jobs of the ledger."""
    parser.add_argument(
        "--status", nargs="+", choices=JOB_STATES, default=[], metavar="S", help=say("cli.status")
    )
    parser.add_argument("--task-type", choices=TASK_TYPES, metavar="T", help=say("cli.task_type"))
    parser.add_argument("--model", default="", metavar="M", help=say("cli.model_part"))
    parser.add_argument("--search", default="", metavar="TEXT", help=say("cli.prompt_part"))
    parser.add_argument("--since", default="", metavar="7d", help=say("cli.made_since"))
    parser.add_argument("--until", default="", metavar="T", help=say("cli.made_until"))
    parser.add_argument("--project", metavar="NAME", help=say("cli.of_project"))
    parser.add_argument("--client", default="", metavar="NAME", help=say("cli.of_client"))
    parser.add_argument("--starred", action="store_true", help=say("cli.starred"))
    parser.add_argument("--tag", default="", metavar="NAME", help=say("cli.tagged"))

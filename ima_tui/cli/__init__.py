"""The verbs. Results go to stdout, everything else to stderr; each verb imports what it needs.

Exit codes: 0 done · 1 the generation failed · 2 usage · 3 no key, or refused key · 4 too few points
or over a limit · 5 still running · 6 unreachable · 7 outcome unknown · 9 the output could not be
written · 130 interrupted.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from ima_tui import i18n
from ima_tui.core import gc_tuning
from ima_tui.core.errors import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_OUTPUT,
    EXIT_UNKNOWN,
    ImaError,
    UsageError,
)
from ima_tui.core.text import nearest, one_line
from ima_tui.i18n import streams


def run(argv: Sequence[str]) -> int:
    """Run one verb and return its exit code. No exception leaves, but for bugs under a debugger."""
    from ima_tui.cli import output

    output.begin()
    streams.prepare()
    argv = [streams.readable(word) for word in argv]
    i18n.use(i18n.detect(_language_of(argv)))
    try:
        try:
            streams.finish()  # a closed stdout is told before anything is sent
            return _guarded(argv)
        finally:
            streams.finish()
    except streams.OutputLost as lost:
        return _output_lost(unwanted=lost.unwanted)


def _guarded(argv: Sequence[str]) -> int:
    try:
        return _ended(_run(argv), argv)
    except ImaError as error:
        return report(error, argv)
    except KeyboardInterrupt:
        return _ended(EXIT_INTERRUPTED, argv)
    except streams.OutputLost:
        raise
    except Exception as error:
        if os.environ.get("IMA_TUI_DEBUG"):
            raise
        return report(ImaError("error.unexpected", kind=type(error).__name__), argv)


def interrupted(argv: Sequence[str]) -> int:
    """End a run that a signal stopped before its verb began."""
    streams.prepare()
    i18n.use(i18n.detect(_language_of(argv)))
    return _ended(EXIT_INTERRUPTED, argv)


def _ended(code: int, argv: Sequence[str]) -> int:
    """Return `code`. A script that asked for JSON gets a document, also where a run ended early."""
    from ima_tui.cli.output import jobs_of_this_run, printed
    from ima_tui.cli.parser import wants_json

    if not wants_json(argv) or printed() or code not in (EXIT_INTERRUPTED, EXIT_UNKNOWN):
        return code
    if argv[:1] == ["logs"] or list(argv[:2]) == ["jobs", "watch"]:
        return code  # an interruption is how they end
    jobs = ", ".join(map(str, jobs_of_this_run()))
    key = "error.interrupted_jobs" if jobs else "error.interrupted_early"
    error = ImaError("error.lost" if code == EXIT_UNKNOWN else key, ids=jobs)
    error.exit_code = code
    return report(error, argv)


def _output_lost(*, unwanted: bool) -> int:
    """What could not be told on stdout is told here: above all the jobs that cost points."""
    from ima_tui.cli.output import jobs_of_this_run, talk

    jobs = jobs_of_this_run()
    if unwanted and not jobs:
        return EXIT_DONE  # `| head` has what it wanted, and nothing was bought
    talk(i18n.explain(ImaError("error.output")))
    if jobs:
        talk(i18n.say("cli.jobs_kept", ids=", ".join(map(str, jobs))))
    return EXIT_OUTPUT


def _run(argv: Sequence[str]) -> int:
    if list(argv) in ([], ["demo"]):  # the screen needs no parser, and should be there at once
        gc_tuning.rest()
        from ima_tui.cli.commands.tui import DEMO_SPEED, open_studio_screen, show_demo

        return show_demo({}, DEMO_SPEED) if argv else open_studio_screen()

    if argv[:1] == ["__complete"]:
        from ima_tui.cli.completion import words

        return words.run(argv[1:])

    from ima_tui.cli.parser import VERBS, build, only_reads, verb_of

    if argv and not argv[0].startswith("-") and argv[0] not in VERBS:
        near = next(iter(nearest(argv[0], list(VERBS), 1)), "generate")
        raise UsageError("error.no_verb", verb=one_line(argv[0], 40), near=near)
    arguments = build(argv).parse_args(argv)
    if arguments.read_only and not only_reads(arguments):
        raise UsageError("error.looking")
    return verb_of(arguments)(arguments) or EXIT_DONE


def report(error: ImaError, argv: Sequence[str]) -> int:
    """Say an error: one JSON document on stdout where that was asked for, else a sentence."""
    from ima_tui.cli.json_documents import error_document, is_stream
    from ima_tui.cli.output import print_json, print_line, printed, talk
    from ima_tui.cli.parser import wants_json

    stream = is_stream(argv)
    if wants_json(argv) and (stream or not printed()):
        write = print_line if stream else print_json
        write(error_document(argv, error))
    else:
        talk(i18n.explain(error))
    return error.exit_code or EXIT_FAILED


def _language_of(argv: Sequence[str]) -> str | None:
    for index, word in enumerate(argv):
        if word == "--language" and index + 1 < len(argv):
            return argv[index + 1]
        if word.startswith("--language="):
            return word.partition("=")[2]
    return None

"""The protocol by the SDK: lists the tools, checks calls, turns documents and errors to results.

`serve_stdio` is its stdio transport: messages on stdin, one a line; on stdout nothing but the
protocol. The SDK reads stdin in a thread that no signal ends. Here the event loop reads it, with a
limit for one line, so that SIGTERM and the end of input stop the server at once.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Any, cast

import anyio
import mcp_types as types
from jsonschema import Draft202012Validator
from mcp.server import Server, ServerRequestContext
from mcp.server.session import ServerSession
from mcp.server.stdio import stdio_server

from ima_tui import __version__
from ima_tui.core.domain import Job
from ima_tui.core.errors import ImaError, UsageError
from ima_tui.core.events import JobChanged, Notice
from ima_tui.core.text import escaped, one_line
from ima_tui.ledger.records import ENDED
from ima_tui.mcp.call import Call, Document, client_name
from ima_tui.mcp.tools import BY_NAME, INSTRUCTIONS, TOOLS, Tool
from ima_tui.studio.job_documents import SCHEMA, error_json, job_facts
from ima_tui.studio.studio import Studio

log = logging.getLogger(__name__)

Context = ServerRequestContext[Any, Any]
LONGEST_MESSAGE = 200
NO_FIELDS: dict[str, Any] = {"type": "object", "properties": {}}
"""The form of a question that is answered by yes or no."""
MOST_SESSIONS = 64
"""Sessions that are told of ends; older ones are dropped."""


class AgentServer:
    """Serves agents from one studio. Subscribe `hear` to the studio's events."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._sessions: dict[str, ServerSession] = {}
        """The latest session of each client, which hears of its jobs' ends."""
        self._ended: set[int] = set()
        self._telling: set[asyncio.Task[None]] = set()
        self.protocol: Server[Any] = Server(
            "ima-tui",
            version=__version__,
            instructions=INSTRUCTIONS,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
        )
        self.protocol.add_request_handler(
            "logging/setLevel", types.SetLevelRequestParams, self._set_level
        )

    async def _list_tools(
        self, context: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(tool) for tool in TOOLS])

    async def _set_level(
        self, context: Context, params: types.SetLevelRequestParams
    ) -> types.EmptyResult:
        """Take any level: the ends of jobs are all that is told."""
        return types.EmptyResult()

    async def _call_tool(
        self, context: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        info = context.session.client_params
        client = client_name(info.client_info.name if info is not None else "")
        self._remember(client, context.session)
        try:
            document = await self._answer(context, client, params)
        except QuestionForUser as question:
            return question.result()
        except ImaError as error:
            log.info(
                "agent %s: %s failed: %s", json.dumps(client), one_line(params.name), error.key
            )
            return _result({"status": "error", "error": error_json(error)}, is_error=True)
        return _result(document)

    async def _answer(
        self, context: Context, client: str, params: types.CallToolRequestParams
    ) -> Document:
        tool = BY_NAME.get(params.name)
        if tool is None:
            raise UsageError("error.agent_tool", name=one_line(params.name, 60))
        arguments = params.arguments or {}
        check(tool, arguments)
        log.info("agent %s: %s", json.dumps(client), tool.name)

        async def progress(number: float, sentence: str) -> None:
            await context.session.report_progress(number, None, sentence)

        async def confirm(question: str) -> bool | None:
            return await _confirmed(context, params, question)

        return await tool.run(Call(self._studio, client, arguments, progress, confirm))

    def _remember(self, client: str, session: ServerSession) -> None:
        self._sessions.pop(client, None)
        self._sessions[client] = session
        while len(self._sessions) > MOST_SESSIONS:
            self._sessions.pop(next(iter(self._sessions)))

    def hear(self, notice: Notice) -> None:
        """Tell an agent that a job of its own has ended."""
        if not isinstance(notice, JobChanged) or notice.job.state not in ENDED:
            return
        job = notice.job
        session = self._sessions.get(job.order.client)
        if session is None or job.id in self._ended:
            return
        self._ended.add(job.id)
        task = asyncio.create_task(_tell(session, _end_of(job, self._studio.clock.time())))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)


async def _tell(session: ServerSession, end: types.LoggingMessageNotification) -> None:
    with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):  # it has gone
        await session.send_notification(end)


class QuestionForUser(Exception):
    """The call needs an answer; since protocol 2026-07-28, the client asks and calls again."""

    def __init__(self, key: str, question: str) -> None:
        super().__init__(question)
        self.key = key
        self.question = question

    def result(self) -> types.InputRequiredResult:
        """Return what makes the client ask."""
        form = types.ElicitRequestFormParams(message=self.question, requested_schema=NO_FIELDS)
        return types.InputRequiredResult(
            input_requests={self.key: types.ElicitRequest(params=form)}
        )


async def _confirmed(
    context: Context, params: types.CallToolRequestParams, question: str
) -> bool | None:
    """Return the user's answer, None where the client can't ask. Raises `QuestionForUser`."""
    capabilities = context.session.client_capabilities
    if capabilities is None or capabilities.elicitation is None:
        return None
    if context.session.can_send_request:
        answer = await context.session.elicit_form(question, NO_FIELDS, context.request_id)
        return answer.action == "accept"
    key = f"confirm-{sha256(question.encode()).hexdigest()[:16]}"  # an answer fits one question
    told = (params.input_responses or {}).get(key)
    if told is None:
        raise QuestionForUser(key, question)
    return isinstance(told, types.ElicitResult) and told.action == "accept"


def check(tool: Tool, arguments: Mapping[str, object]) -> None:
    """Raise `UsageError` where the arguments don't fit the tool's schema."""
    problem = next(iter(Draft202012Validator(tool.schema).iter_errors(arguments)), None)
    if problem is not None:
        place = ".".join(map(str, problem.absolute_path)) or tool.name
        text = problem.message
        if len(text) > LONGEST_MESSAGE:  # it quotes what was sent
            text = f"{problem.validator} {problem.validator_value}"
        raise UsageError(
            "error.agent_arguments", name=one_line(place, 80), text=one_line(text, LONGEST_MESSAGE)
        )


def _described(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        description=tool.about,
        input_schema=tool.schema,
        annotations=types.ToolAnnotations(
            read_only_hint=tool.reads_only,
            destructive_hint=False,
            idempotent_hint=True,
            open_world_hint=True,
        ),
    )


def _result(document: Document, *, is_error: bool = False) -> types.CallToolResult:
    """The document as structured content, and as text for agents that read only that."""
    text = escaped(
        json.dumps({"schema": SCHEMA, **document, "error": document.get("error")},
                   ensure_ascii=False)
    )  # fmt: skip
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text)],
        structured_content=json.loads(text),
        is_error=is_error,
    )


def _end_of(job: Job, now: float) -> types.LoggingMessageNotification:
    data = {"schema": SCHEMA, **job_facts(job, now)}
    return types.LoggingMessageNotification(
        params=types.LoggingMessageNotificationParams(level="info", logger="ima-tui", data=data)
    )


LONGEST_LINE = 16 * 1024 * 1024
"""Bytes of one message; a longer one ends the connection."""


async def _lines_of_stdin() -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LONGEST_LINE, loop=loop)
    pipe = os.fdopen(os.dup(sys.stdin.fileno()), "rb", buffering=0)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader, loop=loop), pipe)
    with suppress(ValueError):  # longer than the limit
        while line := await reader.readline():
            yield line.decode("utf-8", "replace")


async def serve_stdio(protocol: Server[Any]) -> None:
    """Serve one agent until stdin ends."""
    lines = cast("anyio.AsyncFile[str]", _lines_of_stdin())
    async with stdio_server(stdin=lines) as (incoming, outgoing):
        await protocol.run(incoming, outgoing, protocol.create_initialization_options())

"""Editor of one step: prompt, inputs, task type, model, settings, price."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Input, TextArea

from ima_tui.catalogue import choice
from ima_tui.compose import draft as drafting
from ima_tui.compose.composer import MODEL, Composer
from ima_tui.compose.draft import DraftPrice
from ima_tui.compose.prices import price_of
from ima_tui.core.domain import Medium, ModelVersion, TaskType
from ima_tui.core.errors import UsageError
from ima_tui.core.input_files import InputFacts
from ima_tui.core.text import clean, encodable
from ima_tui.i18n import say
from ima_tui.tui.keys.verbs import bind
from ima_tui.tui.shell import model_picker
from ima_tui.tui.shell.frame import BottomLine
from ima_tui.tui.shell.picker import Window
from ima_tui.tui.theme import theme
from ima_tui.tui.widgets import model_text
from ima_tui.tui.widgets.app_context import AppContext, context
from ima_tui.tui.widgets.field_rows import Picked, Pressed, ValueWanted
from ima_tui.tui.widgets.form import DraftForm, hint
from ima_tui.tui.widgets.inputs import InputList, InputsChanged, input_source
from ima_tui.tui.widgets.lines import Part, Rule
from ima_tui.tui.widgets.price_bar import DraftMessage, PriceBar
from ima_tui.tui.widgets.prompt import FilesDropped, Prompt
from ima_tui.tui.workflow import step_rows
from ima_tui.workflow.sources import result_of, source_of, source_said
from ima_tui.workflow.status import price_step
from ima_tui.workflow.steps import Workflow, WorkflowStep, put


class StepEditor(ModalScreen[WorkflowStep | None]):
    """Gives back the changed step, or None."""

    CSS_PATH = theme.path("step_editor")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-normal")]  # noqa: RUF012 - so declared by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j,f9,ctrl+enter", "take", "bind.plan_take", priority=True, id="step.take"),
        Binding("escape", "leave_field", "bind.leave", priority=True, id="step.leave"),
        Binding("escape", "give_up", "bind.plan_leave", priority=True, id="step.close"),
        bind("model", "choose_model", "bind.compose_model", "step.model", show=True),
        bind("type", "kind", "bind.compose_kind", "step.kind", show=True),
        bind("add_input", "inputs", "bind.compose_inputs", "step.inputs", show=True),
        bind("use", "results", "bind.compose_results", "step.results"),
    ]

    def __init__(self, workflow: Workflow, step: WorkflowStep, model: ModelVersion | None) -> None:
        super().__init__()
        self.workflow = workflow
        self.step = step
        self._made = tuple(workflow.pictures_before(step.id))
        self.composer = Composer(step.task_type)
        if model is not None:
            self.composer.model = model
            self.composer.draft = step.draft()
        self._draft_price = DraftPrice()

    @property
    def ima(self) -> AppContext:
        """The app."""
        return context(self)

    def compose(self) -> ComposeResult:
        """Yield the widgets."""
        with Window("", widget_id="step"):
            yield Prompt(widget_id="step-prompt")
            known = [source_of(made.id, index) for made, index in self._made]
            yield InputList(self._look_at, known, widget_id="inputs")
            yield Rule()
            yield DraftForm(widget_id="form")
            yield DraftMessage(widget_id="said")
            yield PriceBar(widget_id="price")
        yield BottomLine()

    async def on_mount(self) -> None:
        """Set up once the widgets exist."""
        prompt = self.query_one(Prompt)
        prompt.text = self.step.prompt
        prompt.move_cursor(prompt.document.end)
        prompt.focus()
        await self._show()

    async def _show(self) -> None:
        composer, page, studio = self.composer, self.query_one(DraftForm), self.ima.studio
        self._draft_price = price_of(composer, studio.catalogue.models(composer.task_type))
        title = say(
            "workflow.change_step", id=self.step.id, kind=model_text.kind_name(composer.task_type)
        )
        self.query_one(Window).say(title)
        page.model.show(
            *model_text.model_line(studio, composer.task_type, composer.model, self.ima.glyphs)
        )
        rows = (
            drafting.rows(composer.model, composer.draft)
            if composer.model and composer.draft
            else ()
        )
        await page.show(rows, composer.model, composer.draft, self._draft_price.at_fault, _nobody)
        await self.query_one(InputList).show(
            composer.roles, composer.draft.inputs if composer.draft else (), composer.model
        )
        self.query_one(PriceBar).show(composer.model, self._draft_price)
        self._speak()

    def _speak(self) -> None:
        problem, remark = self._draft_price.problem, self.composer.remark
        said = self.query_one(DraftMessage)
        if problem is not None:
            said.say(say(problem.key, **drafting.spoken(self.composer.model, problem)), "bad")
        elif remark is not None:
            said.say(say(remark.key, **remark.values), "warn")
        else:
            said.say(hint(self.focused), "muted")

    def on_descendant_focus(self) -> None:
        """Follow the focus of the widgets inside."""
        self._speak()

    # ------------------------------------------------------------------------------ the user

    async def on_value_wanted(self, event: ValueWanted) -> None:
        """Open the window for a voice or a long text."""
        from ima_tui.tui.shell.value_windows import open_value

        name = event.row.field.name
        await open_value(self, event.row, lambda value: self.post_message(Picked(name, value)))

    async def on_picked(self, event: Picked) -> None:
        """Take over the value that was chosen."""
        self.composer.set(event.name, event.value, typed=event.typed)
        await self._show()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Follow the text that is typed."""
        self._speak()

    def on_pressed(self, event: Pressed) -> None:
        """Run the action of the button."""
        if event.name == MODEL:
            self.action_choose_model()

    def action_choose_model(self) -> None:
        """Open the list of models."""
        models = self.ima.studio.catalogue.models(self.composer.task_type)

        async def chosen(number: int | None) -> None:
            if number is not None:
                self.composer.take(models[number])
                await self._show()

        if models:
            studio, signs = self.ima.studio, self.ima.glyphs
            picker = model_picker.models(
                studio, self.composer.task_type, self.composer.model, signs
            )
            self.app.push_screen(picker, chosen)

    def action_kind(self) -> None:
        """Choose another task type of the same medium: later steps can still use its result."""
        studio, current = self.ima.studio, self.composer.task_type
        task_types = [task_type for task_type in TaskType if task_type.medium is current.medium]

        async def chosen(number: int | None) -> None:
            if number is not None:
                self._turn_to(task_types[number])
                await self._show()

        self.app.push_screen(model_picker.kinds(studio, current, task_types), chosen)

    def _turn_to(self, task_type: TaskType) -> None:
        """On the same model, where it makes that, too. Without a list the task type stays."""
        catalogue, before = self.ima.studio.catalogue, self.composer.model
        kin = [
            model
            for model in catalogue.models(task_type)
            if before and model.model_id == before.model_id
        ]
        model = choice.newest(kin) if kin else catalogue.suggested(task_type)
        if model is not None and task_type is not self.composer.task_type:
            self.composer.take(model)

    def _makes_room(self) -> bool:
        """Whether something can be put in: a task type without inputs becomes one with them."""
        room = self.composer.copy()
        if self.composer.task_type.medium in (Medium.IMAGE, Medium.VIDEO):
            room.make_room_for_inputs()
            self._turn_to(room.task_type)
        return self.composer.task_type.takes_inputs

    # ---------------------------------------------------------------------- what it is made of

    async def _look_at(self, written: str) -> InputFacts:
        """What stands in a line of the inputs: what another step makes, a file or a link. Raises
        `UsageError` where the step can't be made of it."""
        source = source_said(written)
        if result_of(source) is not None:
            put(self.workflow, replace(self.step, inputs=(source,)))
            return InputFacts(source, "step")
        if self.composer.model is None:
            raise UsageError("error.no_models")
        drafting.check_input(self.composer.model, written)
        return (await self.ima.studio.inspect_inputs(self.composer.model, (written,)))[0]

    async def on_inputs_changed(self, event: InputsChanged) -> None:
        """Take over the changed inputs."""
        self.composer.feed(event.inputs)
        await self._show()

    async def on_files_dropped(self, event: FilesDropped) -> None:
        """A path that was pasted or dragged into the words: an input, where there are any."""
        if self._makes_room():
            self.composer.add_inputs((event.path,))
            await self._show()
        else:
            self.query_one(Prompt).insert(event.path)

    async def action_inputs(self) -> None:
        """Move the focus to the first empty input."""
        if self._makes_room():
            await self._show()
            self.query_one(InputList).focus_empty()
        else:
            kind = model_text.kind_name(self.composer.task_type)
            self.query_one(DraftMessage).say(say("workflow.no_inputs", kind=kind), "muted")

    async def action_results(self) -> None:
        """What another step makes, or an earlier job made, as an input."""
        if not self._makes_room():
            await self.action_inputs()  # it says so
            return
        await self._show()
        studio = self.ima.studio
        found = model_picker.pictures(await studio.jobs.recent(), self.composer.model)

        async def chosen(number: int | None) -> None:
            if number is not None:
                first = len(self._made)
                made = self._made[number] if number < first else None
                source = source_of(made[0].id, made[1]) if made else ""
                self.composer.add_inputs((source or await input_source(found[number - first][1]),))
                await self._show()

        if found or self._made:
            picker = model_picker.results(found, studio.clock.time(), self._made)
            self.app.push_screen(picker, chosen)
        else:
            self.query_one(DraftMessage).say(say("compose.no_results"), "muted")

    async def _inputs(self) -> tuple[str, ...] | None:
        """The inputs as the workflow keeps them: what stood there before stays as it was written.
        None, and the keys to the line, where one isn't available."""
        page = self.query_one(InputList)
        if page.values == self.step.inputs:
            return self.step.inputs
        written, facts = page.values, await page.settle()
        if facts is None:
            self.query_one(DraftMessage).say(say("compose.input_bad"), "bad")
            return None
        return tuple(
            old if old in self.step.inputs else found.source
            for old, found in zip(written, facts, strict=True)
        )

    # ------------------------------------------------------------------------------- its end

    async def action_take(self) -> None:
        """The step as it is here, where it can be had."""
        model, draft = self.composer.model, self.composer.draft
        if model is None or draft is None or self._draft_price.problem is not None:
            self.query_one(DraftForm).reveal(next(iter(self._draft_price.at_fault), ""))
            return
        inputs = await self._inputs() if self.composer.task_type.takes_inputs else ()
        if inputs is None:
            return
        words = encodable(clean(self.query_one(Prompt).text)).strip()
        shaped = replace(draft, prompt=words, inputs=inputs)
        priced = price_step(
            step_rows.step_of(self.step, model, shaped), {model.task_type: (model,)}
        )
        problem = priced.problem or _trouble(self.workflow, priced.step)
        if problem is None:
            self.dismiss(priced.step)
            return
        self.query_one(DraftMessage).say(say(problem.key, **drafting.spoken(model, problem)), "bad")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action is available now."""
        in_field = isinstance(self.focused, Input | TextArea)
        return {"leave_field": in_field, "give_up": not in_field}.get(action, True)

    def action_leave_field(self) -> None:
        """Leave the text field: `esc` and then `m`, typed slowly, must not discard the changes."""
        self.set_focus(None)

    def action_give_up(self) -> None:
        """Close without a choice."""
        self.dismiss(None)


def _trouble(workflow: Workflow, step: WorkflowStep) -> UsageError | None:
    """Why the workflow can't have the step like this: another may need what it no longer makes."""
    try:
        put(workflow, step)
    except UsageError as problem:
        return problem
    return None


def _nobody(parameter: str) -> tuple[list[Part], bool]:
    """Of a step nothing is read: every part stands where somebody put it."""
    return [], False

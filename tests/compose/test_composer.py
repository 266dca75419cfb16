"""The draft and the desk it lies on: no terminal, no service."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ima_tui.compose import draft as drafting
from ima_tui.compose.composer import INPUTS, Composer, recall
from ima_tui.compose.prices import price_of
from ima_tui.core.domain import (
    Accepts,
    Draft,
    Field,
    FieldKind,
    MappingRule,
    ModelVersion,
    Option,
    PriceRule,
    TaskType,
    VirtualFields,
)
from ima_tui.core.errors import UsageError
from ima_tui.intent.route import route
from ima_tui.tui.widgets.cells import window

T2V, I2V = TaskType.TEXT_TO_VIDEO, TaskType.IMAGE_TO_VIDEO


def choice(name: str, *options: Option, default: str | int | None = None) -> Field:
    first = options[0].value if default is None else default
    return Field(name, name.capitalize(), FieldKind.CHOICE, default=first, options=options)


def option(value: str | int, **excludes: str | int) -> Option:
    return Option(str(value), value, tuple((name, (v,)) for name, v in excludes.items()))


HAILUO = ModelVersion(
    T2V,
    "hailuo",
    "hailuo-2.3",
    "Hailuo 2.3",
    (
        PriceRule(1, 12, (("duration", 6), ("resolution", "768P"))),
        PriceRule(2, 20, (("duration", 10), ("resolution", "768P"))),
        PriceRule(3, 20, (("duration", 6), ("resolution", "1080P"))),
    ),
    (
        choice("duration", option(6), option(10, resolution="1080P")),
        choice("resolution", option("768P"), option("1080P")),
        Field("enhance", "Enhance", FieldKind.TOGGLE, default=True, advanced=True),
        Field("negative", "Negative", FieldKind.TEXT, maximum=10, advanced=True),
    ),
)
VEO = ModelVersion(
    T2V,
    "veo",
    "veo-3.1",
    "Veo 3.1",
    (PriceRule(1, 70, (("resolution", "768p"),)), PriceRule(2, 90, (("resolution", "1080p"),))),
    (
        choice("resolution", option("768p"), option("1080p")),
        choice("duration", option(4), option(8)),
        Field("n", "N", FieldKind.CHOICE, default=1, options=(option(1), option(2))),
    ),
)
RATIO = choice("ratio", option("1:1"), option("16:9"))
QUALITY = choice("quality", option("1K"), option("4K"))
SIZES = ModelVersion(
    TaskType.TEXT_TO_IMAGE,
    "sizes",
    "sizes-1",
    "Sizes",
    (PriceRule(1, 5),),
    (
        Field(
            "canvas",
            "Canvas",
            FieldKind.CHOICE,
            default="1024x1024",
            virtual=VirtualFields(
                "size",
                (RATIO, QUALITY),
                (
                    MappingRule((("ratio", "1:1"), ("quality", "1K")), "1024x1024"),
                    MappingRule((("ratio", "16:9"), ("quality", "1K")), "1280x720"),
                    MappingRule((("ratio", "16:9"), ("quality", "4K")), "3840x2160"),
                ),
            ),
        ),
    ),
)
KLING = ModelVersion(
    I2V,
    "kling",
    "kling-2.6",
    "Kling 2.6",
    (PriceRule(1, 48),),
    accepts=(Accepts(("image/png",), 1, 1),),
)


def chosen(draft: Draft) -> dict[str, object]:
    return dict(draft.chosen)


def test_an_untouched_draft_stands_at_the_defaults() -> None:
    draft = drafting.begin(HAILUO, "fog")
    rows = {row.field.name: row for row in drafting.rows(HAILUO, draft)}
    assert (rows["duration"].value, rows["resolution"].value) == (6, "768P")
    assert not any(row.is_set or row.blocked for row in rows.values())
    offer = drafting.priced(HAILUO, draft)
    assert offer.quote is not None
    assert offer.quote.total == 12
    assert offer.cheaper is None
    assert offer.better is not None
    assert offer.better.difference == 8


def test_what_a_choice_shuts_out_is_blocked_with_its_reason_from_both_sides() -> None:
    draft = drafting.put(HAILUO, drafting.begin(HAILUO), "duration", 10)
    resolution = drafting.rows(HAILUO, draft)[1]
    why = resolution.why_blocked("1080P")
    assert why is not None
    assert (why.other, why.other_value) == ("Duration", "10")
    assert resolution.why_blocked("768P") is None

    draft = drafting.put(HAILUO, drafting.begin(HAILUO), "resolution", "1080P")
    why = drafting.rows(HAILUO, draft)[0].why_blocked(10)
    assert why is not None
    assert (why.other, why.other_value) == ("Resolution", "1080P")


def test_reset_gives_a_control_back_to_its_default() -> None:
    draft = drafting.put(HAILUO, drafting.begin(HAILUO), "duration", "10")
    assert chosen(draft) == {"duration": 10}
    assert chosen(drafting.reset(HAILUO, draft, "duration")) == {}


def test_put_refuses_what_the_leaf_does_not_offer() -> None:
    with pytest.raises(UsageError) as refused:
        drafting.put(HAILUO, drafting.begin(HAILUO), "duration", 7)
    assert refused.value.key == "error.bad_option"


def test_what_is_still_being_typed_is_kept_and_what_is_wrong_with_it_is_said() -> None:
    draft = drafting.write(drafting.begin(HAILUO), "negative", "much too long")
    offer = drafting.priced(HAILUO, draft)
    assert offer.quote is None
    assert offer.problem is not None
    assert offer.problem.key == "error.too_long"
    assert offer.at_fault == {"negative"}
    assert drafting.priced(HAILUO, drafting.write(draft, "negative", "blur")).problem is None


def test_switching_keeps_what_fits_in_the_new_leafs_own_spelling() -> None:
    draft = replace(drafting.begin(HAILUO, "fog"), n=4, inputs=("a.png",))
    for name, value in (("resolution", "1080P"), ("duration", 6), ("enhance", False)):
        draft = drafting.put(HAILUO, draft, name, value)
    moved, lost = drafting.switch(draft, VEO)
    assert (moved.model_id, moved.version, moved.prompt) == ("veo", "veo-3.1", "fog")
    assert chosen(moved) == {"resolution": "1080p"}
    assert lost == ("duration", "enhance")
    assert moved.n == 2
    assert moved.inputs == ("a.png",)


def test_switching_back_does_not_bring_an_impossible_pair_along() -> None:
    strict = replace(
        VEO,
        fields=(
            choice("resolution", option("768p"), option("1080p")),
            choice("duration", option(6), option(10, resolution="1080p")),
        ),
    )
    free = Draft(T2V, "x", "y", chosen=(("resolution", "1080p"), ("duration", 10)))
    moved, lost = drafting.switch(free, strict)
    assert chosen(moved) == {"resolution": "1080p"}
    assert lost == ("duration",)


def test_a_recalled_order_stands_in_the_controls_that_led_to_it() -> None:
    draft = drafting.put(SIZES, drafting.begin(SIZES, "fox"), "ratio", "16:9")
    draft = replace(drafting.put(SIZES, draft, "quality", "4K"), n=3)
    order, _ = drafting.finish(SIZES, draft)
    assert dict(order.parameters)["size"] == "3840x2160"
    back = drafting.recall(SIZES, order)
    assert chosen(back) == {"ratio": "16:9", "quality": "4K"}
    assert (back.prompt, back.n) == ("fox", 3)
    assert drafting.finish(SIZES, back)[0] == order


def test_a_recalled_order_leaves_defaults_unset_and_forgets_what_is_gone() -> None:
    order, _ = drafting.finish(HAILUO, drafting.begin(HAILUO, "fox"))
    odd = replace(order, parameters=(*order.parameters, ("retired", "yes")))
    assert chosen(drafting.recall(HAILUO, odd)) == {}


def test_a_combination_that_is_not_made_is_named_with_the_controls_at_fault() -> None:
    draft = drafting.put(SIZES, drafting.begin(SIZES), "quality", "4K")
    offer = drafting.priced(SIZES, draft)
    assert offer.problem is not None
    assert offer.problem.key == "error.no_combination"
    assert offer.at_fault == {"quality"}


def test_a_control_wins_over_a_target_that_was_set_outright() -> None:
    outright = replace(drafting.begin(SIZES), chosen=(("size", "3840x2160"),))
    row = next(row for row in drafting.rows(SIZES, outright) if row.field.name == "quality")
    assert (row.value, row.is_set) == ("4K", True)
    assert chosen(drafting.put(SIZES, outright, "ratio", "16:9")) == {"ratio": "16:9"}


def test_inputs_have_roles_and_one_empty_line_while_more_fit() -> None:
    first, last = drafting.Role.FIRST, drafting.Role.LAST
    assert drafting.roles(TaskType.FIRST_LAST_FRAME, 0, 2) == (first, last)
    assert drafting.roles(I2V, 0, 1) == (first,)
    assert drafting.roles(I2V, 1, 1) == (first,)
    assert len(drafting.roles(TaskType.IMAGE_TO_IMAGE, 2, None)) == 3
    assert drafting.roles(T2V, 3, None) == ()
    assert drafting.roles_on(None, 0) == ()


def test_inputs_of_another_kind_stay_on_the_draft_and_off_the_order() -> None:
    draft = replace(drafting.begin(HAILUO, "fog"), inputs=("a.png",))
    assert drafting.finish(HAILUO, draft)[0].inputs == ()


@pytest.mark.parametrize(
    ("label", "value", "expected"),
    [
        ("480p", "480p", ("", "480p")),
        ("5", 5, ("Thing", "5")),
        ("auto", "auto", ("Thing", "automatic")),
    ],
)
def test_a_neighbour_is_named_by_its_option_where_that_says_enough(
    label: str, value: str | int, expected: tuple[str, str]
) -> None:
    model = replace(VEO, fields=(choice("thing", Option(label, value)),))
    near = drafting.price.Neighbour("thing", value, -5)
    assert drafting.neighbour_label(model, near) == expected


# ---------------------------------------------------------------------------------- the desk


def test_the_desk_takes_what_is_suggested_once_the_list_is_there() -> None:
    composer = Composer(T2V)
    composer.catch_up((), None)
    assert composer.model is None
    assert price_of(composer, ()) == drafting.DraftPrice()
    composer.catch_up((HAILUO, VEO), VEO)
    assert composer.model == VEO


def test_a_new_price_counts_at_once_and_a_gone_model_has_none() -> None:
    composer = Composer(T2V)
    composer.take(HAILUO)
    composer.set("duration", 10)
    dearer = replace(HAILUO, rules=tuple(replace(r, points=r.points + 1) for r in HAILUO.rules))
    composer.catch_up((dearer, VEO), VEO)
    quote = price_of(composer, (dearer, VEO)).quote
    assert quote is not None
    assert quote.total == 21
    problem = price_of(composer, (VEO,)).problem
    assert problem is not None
    assert problem.key == "compose.gone"


def test_an_order_waits_for_its_list_and_says_when_its_model_is_gone() -> None:
    order, _ = drafting.finish(HAILUO, drafting.begin(HAILUO, "fog"))
    composer = Composer()
    recall(composer, order)
    assert composer.task_type is T2V
    composer.catch_up((), None)
    assert composer.model is None
    composer.catch_up((VEO,), VEO)
    assert composer.model == VEO
    assert composer.draft is not None
    assert composer.draft.prompt == "fog"
    assert composer.remark is not None
    assert composer.remark.key == "compose.gone_took"


def test_after_a_recalled_order_the_next_prompt_starts_from_nothing() -> None:
    draft = drafting.put(SIZES, drafting.begin(SIZES, "fox"), "ratio", "16:9")
    draft = replace(drafting.put(SIZES, draft, "quality", "4K"), n=3)
    composer = Composer(SIZES.task_type)
    recall(composer, drafting.finish(SIZES, draft)[0])
    composer.catch_up((SIZES,), SIZES)
    assert composer.draft is not None
    assert (composer.draft.n, bool(composer.draft.chosen)) == (3, True)
    composer.begin_anew()
    assert (composer.draft.n, composer.draft.chosen) == (1, ())


def test_what_a_new_model_can_not_do_is_remarked_once() -> None:
    composer = Composer(T2V)
    composer.take(HAILUO)
    composer.set("enhance", False)
    composer.take(VEO)
    assert composer.remark is not None
    assert composer.remark.values == {"names": "Enhance", "model": "Veo 3.1"}
    composer.set("duration", 8)
    assert composer.remark is None


def test_another_kind_keeps_the_inputs_for_whoever_comes_back() -> None:
    composer = Composer(I2V)
    composer.take(KLING)
    composer.feed(("cat.png",))
    composer.turn_to(T2V)
    composer.catch_up((VEO,), VEO)
    composer.turn_to(I2V)
    composer.catch_up((KLING,), KLING)
    assert composer.draft is not None
    assert composer.draft.inputs == ("cat.png",)


# ------------------------------------------------------------------- options on a narrow line


def test_inputs_that_the_words_name_join_those_put_in_by_hand() -> None:
    composer = Composer(I2V)
    composer.take(KLING)
    composer.feed(("put in.png",))
    composer.pins.hold(INPUTS)

    def read(text: str) -> tuple[str, ...]:
        composer.hear(route(text, composer.attached, {I2V: (KLING,)}), KLING)
        assert composer.draft is not None
        return composer.draft.inputs

    assert read("animate it like ./a.png") == ("put in.png", "./a.png")
    assert read("animate it like ./b.png, slowly") == ("put in.png", "./b.png")
    composer.feed(("put in.png",))
    composer.pins.hold(INPUTS)  # its line was emptied by hand
    assert read("animate it like ./b.png, very slowly") == ("put in.png",)
    assert read("animate it like ./c.png") == ("put in.png", "./c.png")
    composer.begin_anew()
    assert composer.draft is not None
    assert composer.draft.inputs == ("put in.png",)


def test_options_that_fit_all_stand_there() -> None:
    seen = window(["720p", "1080p"], 0, 20)
    assert (seen.first, seen.starts, seen.more_left, seen.more_right) == (0, (0, 6), False, False)
    assert seen.at(6, ["720p", "1080p"]) == 1
    assert seen.at(19, ["720p", "1080p"]) is None


def test_the_chosen_option_is_always_in_sight() -> None:
    labels = [f"{n}:9" for n in range(14)]
    for cells in (10, 14, 25, 40):
        for wanted in range(14):
            seen = window(labels, wanted, cells)
            assert seen.first <= wanted < seen.first + len(seen.starts)
            assert seen.more_left == (seen.first > 0)
            assert seen.more_right == (seen.first + len(seen.starts) < 14)


def test_a_toggle_can_be_shut_out_too_and_a_clash_of_others_blocks_nothing_here() -> None:
    model = replace(
        HAILUO,
        fields=(
            choice("resolution", option("768P"), option("1080P", enhance="true")),
            Field("enhance", "Enhance", FieldKind.TOGGLE, default=False),
            choice("style", option("plain"), option("wild")),
        ),
        rules=(PriceRule(1, 12),),
    )
    draft = drafting.put(model, drafting.begin(model), "resolution", "1080P")
    toggle = drafting.rows(model, draft)[1]
    why = toggle.why_blocked(True)
    assert why is not None
    assert (why.other, why.other_value) == ("Resolution", "1080P")
    assert toggle.why_blocked(False) is None

    clashing = replace(draft, chosen=(*draft.chosen, ("enhance", True)))
    assert drafting.rows(model, clashing)[2].blocked == ()
    assert drafting.priced(model, clashing).at_fault == {"resolution", "enhance"}

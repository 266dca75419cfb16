"""Chinese, one module for each subject."""

from ima_tui.messages.zh import (
    batch,
    cli,
    compose,
    doctor,
    errors,
    frame,
    gallery,
    ground,
    jobs,
    key,
    logs,
    models,
    preferences,
    remembering,
    route,
    workflow,
)

TEXTS: dict[str, str] = {
    **batch.TEXTS,
    **cli.TEXTS,
    **compose.TEXTS,
    **doctor.TEXTS,
    **errors.TEXTS,
    **frame.TEXTS,
    **gallery.TEXTS,
    **ground.TEXTS,
    **jobs.TEXTS,
    **logs.TEXTS,
    **key.TEXTS,
    **models.TEXTS,
    **preferences.TEXTS,
    **remembering.TEXTS,
    **route.TEXTS,
    **workflow.TEXTS,
}

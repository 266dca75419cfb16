"""Chinese, one module for each subject."""

from ima_tui.i18n.zh import (
    cli,
    compose,
    doctor,
    errors,
    gallery,
    jobs,
    keys,
    parameters,
    plain,
    scripts,
    settings,
    workflow,
)

TEXTS: dict[str, str] = {
    **cli.TEXTS,
    **compose.TEXTS,
    **doctor.TEXTS,
    **errors.TEXTS,
    **gallery.TEXTS,
    **jobs.TEXTS,
    **keys.TEXTS,
    **parameters.TEXTS,
    **plain.TEXTS,
    **scripts.TEXTS,
    **settings.TEXTS,
    **workflow.TEXTS,
}

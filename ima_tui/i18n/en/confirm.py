"""Confirmations before points are spent."""

TEXTS: dict[str, str] = {
    "confirm.value": "{asked} isn't available for {model}: sent as {sent}.",
    "confirm.voice": "{model} can't choose a voice by “{asked}”: it uses its own.",
    "confirm.setting": "{model} has no parameter {name}: “{asked}” is left out.",
    "confirm.together": "{asked} can't be combined with the other settings of {model}: sent as {sent}.",
    "confirm.price": "{model} has no price for {name} {asked}: sent as {sent}.",
    "confirm.price_added": "{model} needs a value for {name}: sent as {sent}.",
    "confirm.count": "{model} can't make that many at once ({asked}): {sent} will be made.",
    "confirm.shots": "The prompt describes a film with {asked} shots, but {model} would make one clip. A workflow makes each shot and joins them.",
    "confirm.absent": "{asked} isn't available: {model} is used instead.",
    "confirm.medium": "{asked} makes {makes}, not {wanted}: {model} is used instead.",
    "confirm.offer": "{task} with {model}, {points} pts",
    "confirm.comma": "; ",
    "confirm.offers": "Available instead: {offers}.",
    "medium.image": "images",
    "medium.video": "video",
    "medium.music": "music",
    "medium.speech": "speech",
}

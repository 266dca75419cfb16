"""What is remembered of models: saved, asked about, forgotten."""

TEXTS: dict[str, str] = {
    "remember.ask": "You usually take {before}; this time it is {model}.",
    "remember.ask_how": "To keep {model_id} from now on: ima-tui prefs set {task} {model_id}",
    "remember.nothing": "Nothing was remembered, so there is nothing to forget.",
    "route.ask": "  You usually take {before}: {model} is for this time only.",
    "route.kept": "  {model} would be remembered for {task}.",
    "error.remember_absent": "{model} is not offered now, so it can’t be remembered.",
    "error.remember_absent.hint": "ima-tui models lists what is.",
    "error.remember_which": "That could be any of these: {kinds}.",
    "error.remember_which.hint": "Say which (images, videos, music), or use: ima-tui prefs clear",
}

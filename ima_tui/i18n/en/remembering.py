"""Preferred models: set, asked about, cleared."""

TEXTS: dict[str, str] = {
    "remember.ask": "Your preferred model is {before}; this time {model} was used.",
    "remember.ask_how": "To use {model_id} from now on: ima-tui prefs set {task} {model_id}",
    "remember.nothing": "There was no preferred model to clear.",
    "route.ask": "  Your preferred model is {before}; {model} is used this time only.",
    "route.kept": "  {model} would become the preferred model for {task}.",
    "error.remember_absent": "{model} isn't available, so it can't be your preferred model.",
    "error.remember_absent.hint": "Available models: ima-tui models",
    "error.remember_which": "This could be any of these: {kinds}.",
    "error.remember_which.hint": "Name one (images, videos, music), or use: ima-tui prefs clear",
}

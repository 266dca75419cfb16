"""English."""

TEXTS: dict[str, str] = {
    # ---- app
    "app.offline": "can't reach IMA",
    "app.custom": "custom service",
    "app.points_out": "{points} pts out",
    "app.points_out_short": "{points} pts",
    "app.palette": "What would you like to do?",
    "app.theme": "Colours: {theme}",
    "app.copied": "Sent to your terminal's clipboard.",
    # ---- place
    "place.models": "Models",
    "place.compose": "Compose",
    "place.queue": "Queue",
    "place.preferences": "Prefs",
    # ---- bind
    "bind.go_models": "go to Models",
    "bind.go_compose": "go to Compose",
    "bind.go_queue": "go to Queue",
    "bind.go_preferences": "go to Preferences",
    "bind.help": "help",
    "bind.palette": "all actions",
    "bind.quit": "quit",
    "bind.leave": "leave field",
    "bind.close": "close",
    "bind.yes": "yes",
    "bind.no": "no",
    # ---- help
    "help.focus": "In this list or field",
    "help.here": "In {place}",
    "help.everywhere": "Everywhere",
    "help.typing": "While typing, esc gives the keys back to the place;\n"
    "f1 f2 f3 f5 switch places even then.",
}

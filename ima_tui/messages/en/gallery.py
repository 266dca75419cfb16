"""The gallery: results, their pictures, and what can be done with them."""

TEXTS: dict[str, str] = {
    # ---- bind
    "bind.closer": "closer",
    "bind.farther": "farther",
    "bind.pan_left": "to the left",
    "bind.pan_right": "to the right",
    "bind.pan_up": "upwards",
    "bind.pan_down": "downwards",
    "bind.play": "play",
    # ---- viewer
    "viewer.off": "Pictures are switched off (look.images). o opens the file.",
    "viewer.too_slow": "It takes too long to read. o opens it in another program.",
    "viewer.frame": "{at} of {length}",
}

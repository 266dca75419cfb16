"""Results as pictures for a terminal: decoded in a child process, encoded for what it can draw.

    request.py   what is asked of the child, and what comes back
    decoder.py   our side of the child: one at a time, the newest wish first, with a time cap
    worker.py    the child; still.py, film.py and sound.py are what it knows (Pillow, PyAV)
    check.py headers.py   input files: decoded to their end, converted for the upload
    sixel.py kitty.py iterm2.py   the three ways to send pixels to a terminal
    terminal.py  which of them the terminal understands

Nothing here draws. Pillow and PyAV are imported in the child alone, so that a hostile file can
hang, crash or fill that, and not the program that looks after paid jobs.
"""

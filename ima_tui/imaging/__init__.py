"""Image output for terminals: decoding in a child process, encoding for terminal protocols.

    request      protocol between us and the child
    decoder      client of the child: one request at a time, newest first, time limit
    worker       the child, with still, film and sound (Pillow, PyAV)
    input_check, file_headers   input files: decoded to their end, converted for the upload
    xmp          metadata packets in files, without decoding
    terminal     detection of the terminal's image protocol, and Kitty's and iTerm2's own

Pillow and PyAV are imported in the child alone, so that a hostile file can hang or crash only that,
not the program that looks after paid jobs. May import config, i18n and core. Start with `request`.
"""

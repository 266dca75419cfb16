"""Films: shots, music and voice assembled into one MP4, locally and free.

    timeline     description of a film: shots, tracks, subtitles, size, rate (pure)
    pieces       plan of the pictures: what is copied and what is encoded (pure)
    mixing       plan of the sound: which file plays when, on which bus (pure)
    request      protocol between us and the worker
    assembler    client of the worker: progress, cancelling, errors
    worker       the child process, with making, source, picture, sound, container and stills

PyAV and Pillow are imported in the child alone: a damaged file, or a fault in a native library,
ends only that process. Start with `timeline`.
"""

"""Films: shots, music and voice assembled into one MP4, locally and free.

    timeline     description of a film: shots, tracks, subtitles, size, rate (pure); the protocol
                 between us and the worker
    mixing       plan of the sound: which file plays when, on which bus (pure)
    assembler    client of the worker: progress, cancelling, errors
    worker       the child process, with making, picture, sound, container and source, which also
                 plans what is copied and what is encoded

PyAV and Pillow are imported in the child alone: a damaged file, or a fault in a native library,
ends only that process. Start with `timeline`.
"""

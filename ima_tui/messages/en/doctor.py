"""What is wrong here, and how to mend it."""

TEXTS: dict[str, str] = {
    # ---- doctor
    "doctor.program": "program",
    "doctor.terminal": "terminal",
    "doctor.config": "settings",
    "doctor.prefs": "preferences",
    "doctor.results": "results folder",
    "doctor.data": "data folder",
    "doctor.ledger": "ledger",
    "doctor.key": "key",
    "doctor.service": "service",
    "doctor.no_terminal": "none here",
    "doctor.small_terminal": "ima-tui is at home from 60x20, and whole from 80x24.",
    "doctor.read_only": "Not to be written: preferences are read, new ones are not stored.",
    "doctor.not_writable": "This can't be written. Choose another folder or change its rights.",
    "doctor.room": "{size} free",
    "doctor.no_room": "Make room: results may not fit.",
    "doctor.no_ledger": "none yet; the first job makes it",
    "doctor.torn": "The file is damaged. Keep a copy of it before anything else.",
    "doctor.key_refused": "there is one, but it is not used",
    "doctor.no_key": "none",
    "doctor.from_flag": "from the command line",
    "doctor.from_environment": "from IMA_API_KEY",
    "doctor.from_keyring": "from the system's keyring",
    "doctor.from_file": "from ima-tui's key file",
    "doctor.answers": "answers",
}

"""What goes on when the ground gives way: a damaged ledger, a disk that takes nothing, only looking."""

TEXTS: dict[str, str] = {
    "error.ledger_damaged": "The ledger of your jobs is damaged ({path}).",
    "error.ledger_damaged.hint": "Close every ima-tui and start it again: it is set aside then, and made anew from its last copy.",
    "error.ledger_in_use": "The ledger of your jobs is damaged, and another ima-tui still has it open ({path}).",
    "error.ledger_in_use.hint": "Close the others and start again: then it is mended.",
    "error.ledger_unwritable": "The ledger of your jobs can't be written, so nothing can be sent: {reason} ({path})",
    "error.ledger_unwritable.hint": "Make room, or check who may write there; ima-tui doctor tells more.",
    "error.looking": "This window is for looking only: nothing is sent and nothing is written.",
    "error.looking.hint": "Start ima-tui without --read-only.",
    "ledger.mended": "The ledger was damaged. It was set aside as {aside} and made anew from its copy of {when}; {jobs} jobs could still be read. What had not been sent waits for your word.",
    "ledger.mended_bare": "The ledger was damaged, and there was no copy. It was set aside as {aside}; {jobs} jobs could still be read. What had not been sent waits for your word.",
    "ledger.listing": "All jobs that could be read, with their task ids: {path}",
    "waiting.restored": "the ledger was damaged; it is sent when you say so",
    "waiting.restored.short": "your word",
    "cli.read_only": "open the studio for looking only: nothing is sent or written",
    "app.looking": "looking only",
    "app.looking_short": "look",
}

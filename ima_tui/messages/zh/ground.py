"""What goes on when the ground gives way: a damaged ledger, a disk that takes nothing, only looking."""

TEXTS: dict[str, str] = {
    "error.ledger_damaged": "任务账本损坏了（{path}）。",
    "error.ledger_damaged.hint": "请关掉所有 ima-tui 再打开：损坏的会另存，并从最近的副本恢复。",
    "error.ledger_in_use": "任务账本损坏了，而另一个 ima-tui 还开着它（{path}）。",
    "error.ledger_in_use.hint": "请关掉其他窗口再打开，之后会自动修复。",
    "error.ledger_unwritable": "任务账本无法写入，所以不能发送：{reason}（{path}）",
    "error.ledger_unwritable.hint": "请腾出空间，或检查写入权限；ima-tui doctor 会说明更多。",
    "error.looking": "这个窗口只供查看：不发送，也不写入。",
    "error.looking.hint": "去掉 --read-only 再启动即可。",
    "ledger.mended": "账本损坏，已另存为 {aside}，并从 {when} 的副本恢复；还读出了 {jobs} 个任务。尚未发送的会等你确认。",
    "ledger.mended_bare": "账本损坏，又没有副本，已另存为 {aside}；还读出了 {jobs} 个任务。尚未发送的会等你确认。",
    "ledger.listing": "读得出的任务和任务号都在这里：{path}",
    "waiting.restored": "账本损坏过，等你确认后才发送",
    "waiting.restored.short": "等你确认",
    "cli.read_only": "只打开查看：不发送，也不写入",
    "app.looking": "只供查看",
    "app.looking_short": "只看",
}

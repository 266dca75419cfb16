"""What is wrong here, and how to mend it."""

TEXTS: dict[str, str] = {
    # ---- doctor
    "doctor.program": "程序",
    "doctor.terminal": "终端",
    "doctor.config": "设置",
    "doctor.prefs": "偏好",
    "doctor.results": "结果文件夹",
    "doctor.data": "数据文件夹",
    "doctor.ledger": "账本",
    "doctor.key": "密钥",
    "doctor.service": "服务",
    "doctor.no_terminal": "这里没有终端",
    "doctor.small_terminal": "ima-tui 至少要 60x20，80x24 起最完整。",
    "doctor.read_only": "不可写：能读取偏好，但不会保存新的。",
    "doctor.not_writable": "写不了。换个文件夹或改一下权限。",
    "doctor.room": "剩余 {size}",
    "doctor.no_room": "请腾出空间，否则结果可能放不下。",
    "doctor.no_ledger": "还没有，第一个任务会创建它",
    "doctor.torn": "文件损坏了，先备份一份再说。",
    "doctor.key_refused": "有，但没有使用",
    "doctor.no_key": "没有",
    "doctor.from_flag": "来自命令行",
    "doctor.from_environment": "来自 IMA_API_KEY",
    "doctor.from_keyring": "来自系统钥匙串",
    "doctor.from_file": "来自 ima-tui 的密钥文件",
    "doctor.answers": "有回应",
}

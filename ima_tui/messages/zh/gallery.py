"""The gallery: results, their pictures, and what can be done with them."""

TEXTS: dict[str, str] = {
    # ---- bind
    "bind.closer": "放大",
    "bind.farther": "缩小",
    "bind.pan_left": "向左看",
    "bind.pan_right": "向右看",
    "bind.pan_up": "向上看",
    "bind.pan_down": "向下看",
    "bind.play": "播放",
    # ---- viewer
    "viewer.off": "图片显示已关闭（look.images）。按 o 打开文件。",
    "viewer.too_slow": "读取太慢。按 o 用其他程序打开。",
    "viewer.frame": "{at} / {length}",
}

"""Confirmations before points are spent."""

TEXTS: dict[str, str] = {
    "confirm.value": "{model} 不支持 {asked}，将按 {sent} 发送。",
    "confirm.voice": "{model} 不能按“{asked}”选择音色，将使用自带的音色。",
    "confirm.setting": "{model} 没有{name}参数，“{asked}”不会生效。",
    "confirm.together": "{model} 的 {asked} 不能与其他参数同时使用，将按 {sent} 发送。",
    "confirm.price": "{model} 没有{name} {asked} 的价格，将按 {sent} 发送。",
    "confirm.price_added": "{model} 需要{name}，将按 {sent} 发送。",
    "confirm.count": "{model} 一次不能生成这么多（{asked}），将生成 {sent} 个。",
    "confirm.shots": "提示词描述了 {asked} 个镜头的影片，但 {model} 只会生成一段。工作流可以逐个生成镜头并合成。",
    "confirm.absent": "没有 {asked}，将改用 {model}。",
    "confirm.medium": "{asked} 只能生成{makes}，不能生成{wanted}，将改用 {model}。",
    "confirm.offer": "{task}：{model}，{points} 积分",
    "confirm.comma": "；",
    "confirm.offers": "可选：{offers}。",
    "medium.image": "图片",
    "medium.video": "视频",
    "medium.music": "音乐",
    "medium.speech": "语音",
}

"""Twenty prompts in both languages, and what each of them is meant to buy.

Naming a model makes it the preferred one where there was none, so in each half of a list (every
other prompt) the one without a model comes before those that name one of its task type.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Meant:
    text: str
    task_type: str
    model_id: str
    n: int = 1
    prompt: str = ""
    """What goes out, where that is not the whole text: words that became settings stay behind."""
    parameters: dict[str, str] = field(default_factory=dict)


T2I, T2V = "text_to_image", "text_to_video"
T2M, T2S = "text_to_music", "text_to_speech"

ENGLISH = (
    Meant("a video of a whale with kling o1", T2V, "kling-video-o1", prompt="a video of a whale"),
    Meant("draw a fox in the snow", T2I, "doubao-seedream-4.5"),
    Meant(
        "a 10s video of a puppy dancing with Kling O1, 9:16",
        T2V,
        "kling-video-o1",
        prompt="a 10s video of a puppy dancing",
        parameters={"duration": "10", "aspect_ratio": "9:16"},
    ),
    Meant(
        "a picture of a harbour at dusk, 16:9, Nano Banana Pro, 4K",
        T2I,
        "gemini-3-pro-image",
        prompt="a picture of a harbour at dusk",
        parameters={"size": "4K", "aspect_ratio": "16:9"},
    ),
    Meant(
        "two pictures of a fox with Nano Banana 2",
        T2I,
        "gemini-3.1-flash-image",
        n=2,
        prompt="pictures of a fox",
    ),
    Meant(
        "read aloud: Good evening, everyone",
        T2S,
        "seed-tts-2.0",
        prompt="Good evening, everyone",
    ),
    Meant("lo-fi music, no vocals", T2M, "sonic", parameters={"make_instrumental": "True"}),
    Meant(
        "a 5 second video of rain on glass with Wan 2.6, 1080p",
        T2V,
        "wan2.6-t2v",
        prompt="a 5 second video of rain on glass",
        parameters={"duration": "5", "resolution": "1080P"},
    ),
    Meant(
        "an image of a red door with Midjourney", T2I, "midjourney", prompt="an image of a red door"
    ),
    Meant(
        "a 10s silent video of a lake, Kling 2.6",
        T2V,
        "kling-v2-6",
        prompt="a 10s silent video of a lake",
        parameters={"duration": "10", "sound": "off"},
    ),
)
CHINESE = (
    Meant(
        "用可灵O1做一段10秒的视频：小狗在草地上跳舞",
        T2V,
        "kling-video-o1",
        prompt="做一段10秒的视频：小狗在草地上跳舞",
        parameters={"duration": "10"},
    ),
    Meant("画一只雪地里的狐狸", T2I, "doubao-seedream-4.5"),
    Meant(
        "画三张雪山，16:9，用Nano Banana Pro，4K",
        T2I,
        "gemini-3-pro-image",
        n=3,
        prompt="画雪山",
        parameters={"size": "4K", "aspect_ratio": "16:9"},
    ),
    Meant(
        "生成一段海浪的视频，用Wan 2.6，9:16",
        T2V,
        "wan2.6-t2v",
        prompt="生成一段海浪的视频",
        parameters={"aspect_ratio": "9:16"},
    ),
    Meant("朗读：晚上好", T2S, "seed-tts-2.0", prompt="晚上好"),
    Meant("来一首轻快的纯音乐", T2M, "sonic", parameters={"make_instrumental": "True"}),
    Meant("一张小猫的图片，用Midjourney", T2I, "midjourney", prompt="一张小猫的图片"),
    Meant("用海螺2.3做一个瀑布的视频", T2V, "MiniMax-Hailuo-2.3", prompt="做一个瀑布的视频"),
    Meant(
        "用即梦画两张竹林，竖屏",
        T2I,
        "doubao-seedream-4.5",
        n=2,
        prompt="画竹林",
        parameters={"size": "1440x2560"},
    ),
    Meant("用Vidu Q2生成日出的视频", T2V, "viduq2", prompt="生成日出的视频"),
)

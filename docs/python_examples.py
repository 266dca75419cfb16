"""One example for each task type; docs/python.md shows them, a test runs them."""

from __future__ import annotations

from ima_tui.studio import Job, Studio, TaskType


async def text_to_image(studio: Studio) -> Job:
    order = await studio.quote(TaskType.TEXT_TO_IMAGE, "a red boat at dawn", n=2)
    print(order.model_name, order.total, "points")
    job = await studio.jobs.submit(order)
    return await studio.jobs.wait(job.id)


async def image_to_image(studio: Studio, photo: str) -> Job:
    order = await studio.quote(TaskType.IMAGE_TO_IMAGE, "as a woodcut", inputs=[photo])
    return await studio.jobs.wait((await studio.jobs.submit(order)).id)


async def text_to_video(studio: Studio) -> Job:
    order = await studio.quote(
        TaskType.TEXT_TO_VIDEO,
        "surf against cliffs",
        model="wan2.6-t2v",
        parameters={"duration": 5, "resolution": "720P"},
    )
    return await studio.jobs.wait((await studio.jobs.submit(order)).id)


async def image_to_video(studio: Studio, photo: str) -> Job:
    order = await studio.quote(TaskType.IMAGE_TO_VIDEO, "a slow zoom in", inputs=[photo])
    return await studio.jobs.wait((await studio.jobs.submit(order)).id)


async def first_last_frame(studio: Studio, first: str, last: str) -> Job:
    order = await studio.quote(
        TaskType.FIRST_LAST_FRAME, "one becomes the other", inputs=[first, last]
    )
    return await studio.jobs.wait((await studio.jobs.submit(order)).id)


async def reference_to_video(studio: Studio, made: Job) -> Job:
    order = await studio.quote(
        TaskType.REFERENCE_TO_VIDEO, "she walks along the quay", inputs=[f"job:{made.id}#1"]
    )
    return await studio.jobs.wait((await studio.jobs.submit(order)).id)


async def text_to_music(studio: Studio) -> Job:
    order = await studio.quote(TaskType.TEXT_TO_MUSIC, "soft pads for reading", model="GenBGM")
    return await studio.jobs.wait((await studio.jobs.submit(order)).id)


async def text_to_speech(studio: Studio) -> Job:
    order = await studio.quote(TaskType.TEXT_TO_SPEECH, "Mind the step, please.")
    return await studio.jobs.wait((await studio.jobs.submit(order)).id)

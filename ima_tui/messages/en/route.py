"""Routes: what was understood."""

TEXTS: dict[str, str] = {
    # ---- route
    "cli.route": "what a sentence would do; nothing is sent",
    "cli.route_text": "a wish in your own words",
    "cli.route_batch": "JSON Lines with id, text and perhaps images; prints id and decision",
    "route.single": "Would make one {task}.",
    "route.workflow": "Would make several things, one after the other:",
    "route.preference": "Nothing to make: only what is remembered changes.",
    "route.clarify_media_type": "What is it to be: an image, a video, music or speech?",
    "route.clarify_image_roles": "What are the pictures for: first and last frame, or reference?",
    "route.clarify_missing_input": "This is made of a picture, and none is there. "
    "Name it with --input-images.",
    "route.step": "  {number}. {task}  {model}",
    "route.part": "  {name}: {value}",
    "route.part_from": "  {name}: {value}  (“{words}”)",
    "route.leaf": "  on {model} ({version})",
    "route.guide": "  Guide: {title} ({path})",
    "route.save": "  {model} would be remembered as your model.",
    "route.clear": "  Your preferred model would be forgotten.",
    "route.once": "  {model}, this time only.",
    "route.no_8k": "  8K can't be made; {possible} is the most, with {models}.",
    "route.no_aspect_ratio_custom": "  {asked} is no format on offer; nearest: {possible}.",
    "route.no_model_aspect_ratio": "  That model can't do {asked}, only {possible}. "
    "Others: {models}.",
    "route.no_video_too_long": "  No video is as long as {asked}; possible: {possible} ({models}).",
    "route.no_audio_unsupported_model": "  {asked} makes no sound; {models} do.",
    "route.no_music_duration": "  The length of music can't be chosen: {possible}, "
    "by model ({models}).",
    "route.absent": "  {name} is not offered here.",
    "route.not_both": "  {model} can't do {value} and {possible} at once; {possible} stands.",
    "route.refused": "  {model} has no {name} {value}; possible: {possible}.",
    "error.route_nothing": "Say what to route, or name a file with --batch.",
    "error.route_file": "{path} can't be read: {reason}.",
    "error.route_line": "Line {line} is no wish: it should be a JSON object with id and text.",
    "error.route_workflow": "That is several things ({steps}), and generate makes one.",
    "error.route_workflow.hint": "Plan them with: ima-tui workflow plan TEXT -o plan.json; or ask for one of them.",
    "error.route_media_type": "These words don't tell what to make.",
    "error.route_media_type.hint": "Say image, video, music or speech, or name it with "
    "--task-type.",
    "error.route_image_roles": "What each picture is for is not told.",
    "error.route_image_roles.hint": "Say which is the first and which the last frame, or that they "
    "are references.",
    "error.route_missing_input": "This is made of a picture, and none is there.",
    "error.route_missing_input.hint": "Name it with --input-images.",
    "error.route_preference": "There is nothing to make in these words.",
    "error.route_preference.hint": "To only change the preferred model: ima-tui prefs set",
    "error.route_impossible": "{what}",
}

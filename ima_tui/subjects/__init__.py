"""Subjects: named references, such as a pet or a product, that prompts can use as `@name`.

`store` keeps them with their files in the data folder; `mentions` finds them in a prompt (pure).
Start with `store`.
"""

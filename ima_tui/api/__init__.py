"""The IMA Open API, spoken: `wire` is its words, `client` its manners, `download` its results.

Nothing outside this package imports httpx or pydantic, and nothing in it knows a screen.
"""

"""Client of the IMA Open API. The only package that imports httpx and pydantic.

`wire` holds request and response formats, `client` the calls, `download` results, `rate_limit` and
`connectivity` the pacing. May import config, i18n and core. Start with `client`.
"""

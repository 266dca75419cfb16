"""Settings: their schema, the config file, the environment, and the API key.

`schema` lists every setting once; `loader` merges flag, environment, file and default. Imports i18n
and core only. Start with `schema`.
"""

"""Product lists, parameters and prices. Pure functions, except for `list_cache`.

Start with `tree` (product tree -> models), then `form` (parameters), `price` (price rules, time
estimates), `order` (draft -> priced order), `choice` (finding models, alternatives). Imports core
and config.
"""

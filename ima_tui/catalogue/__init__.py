"""Product lists, parameters and prices. Pure functions, except for `list_cache`.

Start with `tree` (product tree -> models), then `form` (parameters), `price` (price rules), `order`
(draft -> priced order), `choice` (finding models), `times` (estimates). Imports core and config.
"""

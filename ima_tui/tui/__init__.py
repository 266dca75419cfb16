"""The terminal app: the only package that imports Textual.

`app` is the app, `screens` the table of its screens, `keys.verbs` their letters. Each screen is a
package: start with its `screen`. How to add a screen or a key: docs/architecture.md.
"""

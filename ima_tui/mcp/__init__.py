"""MCP server: agents order through the user's ledger, within the user's limits.

`verb` serves stdin and stdout, `server` speaks the protocol by the official SDK,
`tools` lists what an agent can call, and the other modules do it with the verbs' own functions and
documents. Whatever an agent sends is data: checked by the tool's schema, bounded, never executed or
opened. May import everything but the screens.
"""

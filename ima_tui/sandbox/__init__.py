"""The embedded sandbox: a real HTTP server that speaks the IMA Open API, for demos and tests."""

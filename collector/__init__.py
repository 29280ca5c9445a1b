"""The program: reads the configuration, builds everything once, and runs it.

`settings` reads logless.toml, `collector` builds and closes all objects, `pipeline` joins the way in under one
clock, `command` is the command line, `control_socket` lets commands reach a running server.
"""

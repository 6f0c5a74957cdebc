"""One module a command: HELP, `add_arguments(parser)`, `execute(arguments) -> exit code`.

Modules import little at the top: `babycryd run` must listen within a second of its start.
"""

#!/usr/bin/env python3
"""Generator of the man page and the shell completion, from the command line's parser.

python3 packaging/manual.py man|bash
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from babycryd import __version__
from babycryd.cli.main import parser

FILES = """\
.SH FILES
.TP
.I /etc/babycryd/babycryd.yaml
the configuration, with every key and its meaning
.TP
.I /var/lib/babycryd
what the daemon keeps across restarts
.SH EXIT STATUS
0 done, 1 something failed, 2 the configuration or the command line is wrong
.SH SEE ALSO
.BR systemctl (1),
.BR mosquitto (8)
"""


def commands(top: argparse.ArgumentParser) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Name, one line and parser of each command."""
    (subparsers,) = [action for action in top._actions if isinstance(action, argparse._SubParsersAction)]
    for choice in subparsers._choices_actions:
        yield choice.dest, choice.help or "", subparsers.choices[choice.dest]


def roff(text: str) -> str:
    """Plain text, escaped so that no line is a roff request."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join(f"\\&{line}" if line[:1] in {".", "'"} else line for line in escaped.splitlines())


def manual() -> str:
    day = time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))
    top = parser()
    lines = [f'.TH BABYCRYD 1 "{day}" "babycryd {__version__}"', ".SH NAME", "babycryd \\- nursery listener"]
    lines += [".SH SYNOPSIS", ".B babycryd", ".I COMMAND", "[options]", ".SH DESCRIPTION", roff(top.description or "")]
    lines.append(".SH COMMANDS")
    for name, about, sub in commands(top):
        lines += [f'.SS "babycryd {roff(name)}"', roff(about) + ".", ".PP", ".nf", roff(sub.format_help()), ".fi"]
    return "\n".join(lines) + "\n" + FILES


def wanted(sub: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    """Bash patterns of `word before:beginning of this word`, each with the words that complete it."""
    for action in sub._actions:
        if action.option_strings and action.nargs not in (0, "?"):  # an argument follows, perhaps a file
            for option in action.option_strings:
                yield f"{option}:*", " ".join(map(str, action.choices or ()))
    yield "*:-*", " ".join(each for action in sub._actions for each in action.option_strings)
    named = [action.choices for action in sub._actions if not action.option_strings and action.choices]
    yield "*", " ".join(str(each) for choices in named for each in choices)


def completion() -> str:
    """Completion for bash: commands, then their options and arguments; file names where one may follow."""
    cases = []
    names = []
    for name, _, sub in commands(parser()):
        names.append(name)
        cases += [f"        {name}:{pattern}) words='{words}' ;;" for pattern, words in wanted(sub)]
    return f"""# bash completion for babycryd
_babycryd() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} words=''
    if [ "$COMP_CWORD" = 1 ]; then
        words='{" ".join(names)} --help --version'
    else
        case ${{COMP_WORDS[1]}}:${{COMP_WORDS[COMP_CWORD - 1]}}:$current in
{chr(10).join(cases)}
        esac
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}}
complete -o default -F _babycryd babycryd
"""


if __name__ == "__main__":
    sys.stdout.write({"man": manual, "bash": completion}[sys.argv[1]]())

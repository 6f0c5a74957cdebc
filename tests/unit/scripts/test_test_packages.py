"""scripts/test installs what the tests need: one that skips for want of a package would look like one that passes."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[2]
NAMED = re.compile(r"apt(?:-get)? install ([a-z0-9][a-z0-9.+ -]*)")
# Left to the reader of the message: a compiler is large, and nginx would start as a service at port 80
BY_HAND = {"g++", "nginx-light"}


def installed_by_the_script() -> set[str]:
    lists = "".join(
        line.partition("||")[2] or line
        for line in (TESTS.parent / "scripts" / "test").read_text().splitlines(keepends=True)
        if re.search(r"packages\+?=\(", line)
    )
    script = f'{lists}\nprintf "%s\\n" "${{packages[@]}}"'
    return set(subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.split())


def text_of(node: ast.expr, constants: dict[str, str]) -> str:
    """A string of Python; in an f-string only the names of constants are put in."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(text_of(each, constants) for each in values)
        case ast.FormattedValue(value=ast.Name(id=name)):
            return constants.get(name, "")
    return ""


def constants_of(tree: ast.Module) -> dict[str, str]:
    return {
        target.id: text_of(statement.value, {})
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def skipped_for() -> Iterator[str]:
    """Each package that a `pytest.skip` of the tests tells the reader to install."""
    for source in (path.read_text() for path in TESTS.rglob("*.py")):
        if "pytest.skip(" not in source:
            continue
        tree = ast.parse(source)
        constants = constants_of(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.func) == "pytest.skip":
                for words in NAMED.findall(text_of(node.args[0], constants)):
                    yield from words.split()


def test_every_package_of_a_skip_is_installed() -> None:
    wanted = set(skipped_for())
    assert {"gir1.2-gst-rtsp-server-1.0", "mosquitto", "libfaketime"} <= wanted
    assert wanted - installed_by_the_script() == BY_HAND

"""What the security page promises of the code: no shell, no pickle, no eval, no YAML that builds objects."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# All that runs at an owner's or in the cloud. Training and benchmarks run at a developer's, and have no shell either.
FOLDERS = ("babycryd", "cloud_offload", "packaging", "scripts", "training", "benchmarks")
MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle"}
CALLS = {
    "eval", "exec", "os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput",
    "asyncio.create_subprocess_shell", "yaml.load", "yaml.unsafe_load", "yaml.full_load",
}  # fmt: skip
SHELLS = {"sh", "bash", "dash", "/bin/sh", "/bin/bash"}


def python_files() -> list[Path]:
    """Also those without an ending, which say in their first line what they are."""
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    return sorted(path for path in paths if path.suffix == ".py" or (not path.suffix and _says_python(path)))


def _says_python(path: Path) -> bool:
    with path.open("rb") as file:
        return b"python" in file.readline(100)


def breaches(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (f"import {each.name}" for each in names if each.name.partition(".")[0] in MODULES)
            case ast.ImportFrom(module=module) if (module or "").partition(".")[0] in MODULES:
                yield f"from {module} import"
            case ast.ImportFrom(module=module, names=names):
                yield from (f"{module}.{each.name}" for each in names if f"{module}.{each.name}" in CALLS)
            case ast.Call(func=function, args=arguments, keywords=keywords):
                yield from _in_call(ast.unparse(function), arguments, keywords)


def _in_call(name: str, arguments: list[ast.expr], keywords: list[ast.keyword]) -> Iterator[str]:
    if name in CALLS:
        yield name
    if name.endswith("numpy.load") or name == "np.load":
        yield from (f"{name}: allow_pickle" for each in keywords if each.arg == "allow_pickle" and _is_true(each.value))
    for each in keywords:
        # What is not plainly False may be True
        if each.arg == "shell" and not (isinstance(each.value, ast.Constant) and each.value.value is False):
            yield f"{name}: shell"
    if arguments and isinstance(arguments[0], ast.List | ast.Tuple) and arguments[0].elts:
        first = arguments[0].elts[0]
        if isinstance(first, ast.Constant) and first.value in SHELLS:
            yield f"{name}: {first.value}"


def _is_true(value: ast.expr) -> bool:
    return not (isinstance(value, ast.Constant) and value.value is False)


def test_nothing_runs_what_it_reads() -> None:
    found = {path: list(breaches(ast.parse(path.read_text("utf-8")))) for path in python_files()}
    assert {path: breached for path, breached in found.items() if breached} == {}


@pytest.mark.parametrize(
    "code",
    [
        "import pickle", "from pickle import loads", "import joblib.externals", "eval(text)", "os.system('ls')",
        "from os import system", "subprocess.run('ls', shell=True)", "subprocess.run('ls', shell=flag)",
        "subprocess.run(['sh', '-c', text])", "np.load(file, allow_pickle=True)", "yaml.load(text)",
        "asyncio.create_subprocess_shell(text)",
    ],
)  # fmt: skip
def test_the_rule_can_fail(code: str) -> None:
    assert len(list(breaches(ast.parse(code)))) == 1


def test_all_of_the_code_is_looked_at() -> None:
    names = {str(path.relative_to(ROOT)) for path in python_files()}
    assert {"babycryd/daemon/daemon.py", "cloud_offload/main.py", "packaging/lock"} <= names

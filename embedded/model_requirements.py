"""Installs the packages that model files name in `requirements=[...]`, in images and in .venv.

`python embedded/model_requirements.py MODELS CONSTRAINTS REQUIREMENTS PYTHON`: MODELS is the folder of the model files,
and REQUIREMENTS what is already installed for PYTHON. It runs before anything is installed, on any Python 3.6 or newer.
"""

import ast
import pathlib
import re
import subprocess
import sys
import tempfile

INSTALL = ("install", "--quiet", "--disable-pip-version-check")
# pip writes it where it has no connection; then a package that is not found says nothing of the package.
NO_CONNECTION = "Retrying ("


def find_requirements(folder: pathlib.Path) -> list:
    """Return the texts in all lists that the Python files in `folder` give as `requirements=`, sorted.

    It does not run the files, which import those very packages.
    """
    trees = [_tree(path) for path in folder.glob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    given = [each.value for call in calls for each in call.keywords if each.arg == "requirements"]
    named = [each.value for value in given for each in ast.walk(value) if isinstance(each, ast.Constant)]
    return sorted({each for each in named if isinstance(each, str)})


def install(pip: list, named: list, constraints: pathlib.Path, requirements: list) -> list:
    """Install what models have `named`, one by one, and return what could not be: a line each.

    A model may name another version than `constraints` has, unless `requirements` name the package too. Exits where
    pip has no connection.
    """
    free = set(map(name_of, named)) - {name_of(line) for path in requirements for line in _lines(path)}
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        own = pathlib.Path(folder, "constraints.txt")
        own.write_text("\n".join(line for line in _lines(constraints) if name_of(line) not in free))
        for each in named:
            command = [*pip, *INSTALL, "--constraint", str(own), "--", each]
            done = subprocess.run(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, check=False
            )
            if done.returncode and NO_CONNECTION in done.stdout:
                sys.exit("{} could not be installed: check the network or proxy that pip uses".format(each))
            if done.returncode:
                failed.append("{} could not be installed: {}".format(each, _reason(done.stdout)))
    return failed


def name_of(requirement: str) -> str:
    """Return the name of the package, spelt as pip compares names."""
    return re.sub("[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", requirement.strip(), maxsplit=1)[0]).lower()


def _reason(output: str) -> str:
    errors = [line for line in output.splitlines() if line.startswith("ERROR: ")]
    return (errors or output.splitlines() or ["no output"])[0][:500]


def _lines(path: pathlib.Path) -> list:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def _tree(path: pathlib.Path) -> ast.Module:
    """Return the syntax tree of a file, or an empty one: the trainer says what is wrong with it."""
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return ast.parse("")


def main(models: pathlib.Path, constraints: pathlib.Path, requirements: pathlib.Path, python: str) -> None:
    """Install what the models name, print it, and say what could not be installed."""
    named = find_requirements(models)
    pip = [sys.executable, "-m", "pip", "--python", python]
    for line in install(pip, named, constraints, [requirements]):
        print(line, file=sys.stderr)
    print(" ".join(named))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]), sys.argv[4])

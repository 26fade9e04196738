"""House rules that can be counted: small files, small functions, a test file for every service and route."""

import ast
from pathlib import Path

import pytest

from app.config import ROOT

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40
MAX_SCRIPT_LINES = 150
CODE = sorted(path for folder in ("app", "worker") for path in (ROOT / folder).rglob("*.py"))
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))
NOUNS = [
    path
    for folder in ("services", "routes")
    for path in sorted((ROOT / "app" / folder).glob("*.py"))
    if path.stem != "__init__"
]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_python_file_is_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE_LINES


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_functions_are_small(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = {
        node.name: lines
        for node in functions
        if (lines := (node.end_lineno or 0) - node.lineno + 1 - docstring_lines(node)) > MAX_FUNCTION_LINES
    }
    assert long == {}


def docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return (first.end_lineno or 0) - first.lineno + 1
    return 0


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_script_is_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_SCRIPT_LINES


@pytest.mark.parametrize("path", NOUNS, ids=name_of)
def test_every_service_and_route_has_a_test_file(path: Path) -> None:
    assert (ROOT / "tests" / "integration" / path.parent.name / f"test_{path.name}").is_file()

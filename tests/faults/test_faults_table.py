"""The table of faults: each row has its tests, and each test its row."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent


def rows() -> list[list[str]]:
    lines = (HERE / "README.md").read_text("utf-8").splitlines()
    table = [line for line in lines if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[1:]]


def written() -> set[str]:
    trees = [ast.parse(p.read_text("utf-8")) for p in HERE.glob("test_*.py") if p != Path(__file__)]
    functions = (n for tree in trees for n in tree.body if isinstance(n, ast.FunctionDef))
    return {f.name.removeprefix("test_") for f in functions if f.name.startswith("test_")}


def test_each_fault_has_its_row_and_each_row_its_test() -> None:
    named = {name for row in rows() for name in re.findall(r"`(\w+)`", row[-1])}
    assert named == written()


def test_the_table_is_full() -> None:
    assert len(rows()) >= 20
    for row in rows():
        assert len(row) == 6
        assert all(row), row
        assert re.fullmatch(r"\d+(\.\d)?", row[4]), row

"""The project's own rules: floors, notebooks, lock file, conda file, and words that must not be."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from rattler import MatchSpec

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "hanoi_analytics"
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))

# Which parts of the package each part may import; `errors`, `namespaces` and `__init__` may be
# imported by all.
GROUND = {"catalogue", "places", "rasters", "cluster", "tables", "watching"}
THEMES = {"urbanisation", "coverage", "linkage", "environment", "claims"}
SHOWN = {
    "provenance",
    "maps",
    "figures",
    "ledger",
    "findings",
    "folders",
    "controls",
    "publishing",
    "jobs",
    "skeleton",
    "cli",
}
MAY_IMPORT = {
    **{part: GROUND | {part} for part in GROUND},
    **{part: GROUND | {part} for part in THEMES},
    **dict.fromkeys(SHOWN, SHOWN | GROUND),
    "errors": set(),
    "namespaces": set(),
    "__init__": set(),
    "__main__": {"cli"},
}


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def requirements() -> list[str]:
    """Return what stands in the environment: all but Spark, which has a folder of its own."""
    meta = project()
    extras = [items for extra, items in meta["optional-dependencies"].items() if extra != "spark"]
    return [*meta["dependencies"], *chain.from_iterable(extras)]


def tracked() -> list[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if out.returncode != 0:
        pytest.skip("not a git checkout: which files belong to the project is not known")
    return [ROOT / line for line in out.stdout.splitlines() if (ROOT / line).is_file()]


def part_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_parts(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "hanoi_analytics":
            names = [f"hanoi_analytics.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        found |= {name.split(".")[1] for name in names if name.startswith("hanoi_analytics.")}
    return found - {"errors", "namespaces", "__version__"}


@pytest.mark.parametrize("module", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.name)
def test_each_module_imports_only_from_its_floors(module: Path) -> None:
    part = part_of(module)
    assert part in MAY_IMPORT, f"{part} stands on no floor: add it to this test and the guide"
    assert imported_parts(module.read_text("utf-8")) <= MAY_IMPORT[part]


def test_the_floor_test_sees_imports_of_every_form() -> None:
    source = "import hanoi_analytics.maps.areas\nfrom hanoi_analytics import cli\n"
    assert imported_parts(source) == {"maps", "cli"}
    assert imported_parts("def f():\n    from hanoi_analytics.places import wards\n") == {"places"}


def split(requirement: str) -> tuple[str, str]:
    name, bounds = re.fullmatch(r"([A-Za-z0-9_.-]+)(?:\[[^]]*\])?\s*(.*)", requirement).groups()  # type: ignore[union-attr]
    return name.lower(), bounds


def test_the_conda_file_names_the_same_packages_and_bounds() -> None:
    wanted = requirements()
    conda = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    pip = next(item["pip"] for item in conda if isinstance(item, dict))
    named = [item for item in conda if isinstance(item, str) and item != "pip"]
    found = {split(item) for item in [*named, *pip]}
    python = ("python", project()["requires-python"])
    assert found == {python, *map(split, wanted)}


def test_conda_can_read_every_spec() -> None:
    conda = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    specs = [MatchSpec(item, strict=True) for item in conda if isinstance(item, str)]
    assert len(specs) > 30
    assert all(spec.name is not None for spec in specs)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-spark.lock"])
def test_a_lock_names_every_dependency_with_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    assert "://" not in text
    pinned = {line.split("==")[0] for line in text.splitlines() if re.match(r"[a-z0-9]", line)}
    spark = project()["optional-dependencies"]["spark"]
    wanted = spark if "spark" in lock else requirements()
    assert {split(item)[0] for item in wanted} <= pinned
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    assert all("--hash=sha256:" in block for block in blocks)


HEADINGS = ["What this shows", "Data", "Findings", "Limits", "Sources"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_keeps_the_house_form(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    text = [cell.source for cell in book.cells if cell.cell_type == "markdown"]
    assert not any(cell.outputs or cell.execution_count for cell in code), "outputs in git"
    assert not any("execution" in cell.metadata or "papermill" in cell.metadata for cell in code)
    assert set(book.metadata) <= {"kernelspec", "language_info"}
    assert sum("parameters" in cell.metadata.get("tags", []) for cell in code) == 1
    assert all(len(cell.source.splitlines()) <= 25 for cell in code), "a cell is too long"
    headings = [line[3:] for source in text for line in source.splitlines() if line[:3] == "## "]
    assert [h for h in headings if h in HEADINGS] == HEADINGS
    assert sum(line.startswith("# ") for source in text for line in source.splitlines()) == 1
    assert code[-1].source.strip() == "catalogue.sources_used()"
    assert book.metadata.kernelspec["name"] == "python3"


def test_no_file_names_a_machine_path_a_registry_or_a_sister_folder() -> None:
    words = re.compile(
        "|".join(
            [
                "py" + "pi\\.org",
                "python" + "hosted",
                "npm" + "js",
                r"debian\.org",
                "/" + "root/",
                "/" + "work/",
                r"\.\./" + "shared",
            ]
        )
    )
    faults = []
    for path in tracked():
        if path.name == "run" and path.parent.name == ".ci":
            continue
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        faults += [f"{path.relative_to(ROOT)}: {found}" for found in words.findall(text)]
    assert faults == []


def test_every_module_is_small() -> None:
    long = {
        p.name: n for p in PACKAGE.rglob("*.py") if (n := len(p.read_text().splitlines())) > 350
    }
    assert long == {}

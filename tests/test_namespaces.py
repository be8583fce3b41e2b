"""What completion by tab offers: of each public package its public names and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from jupyter_client.blocking.client import BlockingKernelClient as KernelClient
from jupyter_client.manager import KernelManager

import hanoi_analytics


def packages(parent: ModuleType = hanoi_analytics) -> Iterator[str]:
    """Name every package that can be reached from the top by its public names."""
    yield parent.__name__
    for folder in sorted(Path(path) for path in parent.__path__):
        for path in sorted(folder.glob("*/__init__.py")):
            if path.parent.name in dir(parent):
                yield from packages(import_module(f"{parent.__name__}.{path.parent.name}"))


@pytest.mark.parametrize("name", list(packages()))
def test_a_package_offers_its_public_names(name: str) -> None:
    package = import_module(name)
    offered = dir(package)
    assert offered == sorted(set(offered))
    assert not [one for one in offered if one.startswith("_")]
    found = {one: getattr(package, one) for one in offered}
    if "__all__" in vars(package):
        assert offered == sorted(package.__all__)
    else:
        assert all(isinstance(one, ModuleType) for one in found.values())
    with pytest.raises(AttributeError, match=f"'{name}' has no attribute 'no_such_name'"):
        _ = package.no_such_name


def test_the_packages_of_every_theme_are_found() -> None:
    short = {name.removeprefix("hanoi_analytics.") for name in packages()}
    assert {"catalogue", "coverage.best_server", "environment.air", "linkage.model"} <= short
    assert {"urbanisation.settlement", "places", "maps", "rasters"} <= short
    assert len(short) > 30


_OFFERED = {
    "ha.": [
        "catalogue",
        "claims",
        "cluster",
        "controls",
        "coverage",
        "environment",
        "errors",
        "figures",
        "findings",
        "jobs",
        "linkage",
        "maps",
        "places",
        "publishing",
        "rasters",
        "tables",
        "urbanisation",
    ],
    "ha.coverage.s": ["siting"],
    "ha.tables.": [
        "Bounds",
        "Column",
        "HANOI",
        "LATITUDE",
        "LONGITUDE",
        "Rows",
        "Sorted",
        "Sorter",
        "VIET_NAM",
        "plain",
        "read_rows",
    ],
}


def told(kernel: KernelClient, code: str) -> str:
    """Return what code prints."""
    said: list[str] = []
    kernel.execute_interactive(
        code, timeout=120, output_hook=lambda one: said.append(one["content"].get("text", ""))
    )
    return "".join(said)


def completed(kernel: KernelClient, typed: str) -> list[str]:
    """Return the last words that the kernel offers for what was typed."""
    found = kernel.complete(typed, reply=True, timeout=120)["content"]["matches"]
    return sorted(one.rpartition(".")[2] for one in found)


def test_a_kernel_completes_short_lists_and_imports_a_part_when_it_is_used(tmp_path: Path) -> None:
    manager = KernelManager(kernel_name="python3", transport="ipc", ip=str(tmp_path / "k"))
    manager.start_kernel(cwd=str(tmp_path))
    kernel = manager.client()
    kernel.start_channels()
    try:
        kernel.wait_for_ready(timeout=120)
        said = told(kernel, "import sys, hanoi_analytics as ha; print('pandas' in sys.modules)")
        assert said == "False\n"
        for jedi in (False, True):
            told(kernel, f"get_ipython().Completer.use_jedi = {jedi}")
            for typed, expected in _OFFERED.items():
                assert completed(kernel, typed) == expected, f"{typed} with jedi={jedi}"
    finally:
        kernel.stop_channels()
        manager.shutdown_kernel(now=True)

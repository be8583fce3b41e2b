"""Rasters of a user's own in NetCDF files and Zarr stores, and the hash of a folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
import rioxarray  # noqa: F401 - gives arrays their .rio
import xarray as xr

from hanoi_analytics import catalogue, rasters
from hanoi_analytics.catalogue.files import sha256_of


def shares() -> xr.DataArray:
    """Return the built-up part of four cells, where the catalogue's grid has 1 km ones."""
    cells = np.array([[0.0, 0.25], [0.5, 1.0]])
    made = xr.DataArray(cells, {"y": [1500.0, 500.0], "x": [500.0, 1500.0]}, ("y", "x"), "built")
    return made.rio.write_crs("ESRI:54009")


@pytest.mark.parametrize("name", ["built.nc", "built.zarr"])
def test_an_own_raster_of_any_format_comes_by_one_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    pytest.importorskip("zarr")
    pytest.importorskip("netCDF4")
    monkeypatch.setenv("HANOI_ANALYTICS_OWN", str(tmp_path))
    if name.endswith(".nc"):
        both = xr.Dataset({"built": shares(), "land": shares() * 0 + 1})
        both.rio.write_crs("ESRI:54009").to_netcdf(tmp_path / name)
        with pytest.raises(catalogue.CatalogueError, match=r"2 variables.*built, land"):
            catalogue.load_own(name, like="degurba_belgium")
    else:
        rasters.write_zarr(shares(), tmp_path / name)
    found = catalogue.load_own(name, like="degurba_belgium", variable="built")
    np.testing.assert_array_equal(found, shares())
    assert found.attrs["source"]["tier"] == "own"
    assert found.attrs["source"]["sha256"] == sha256_of(tmp_path / name)


def test_the_hash_of_a_folder_is_that_of_the_list_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two").write_text("2")
    (tmp_path / "a").write_text("1")
    listing = subprocess.run(
        ["sha256sum", "a", "b/two"], cwd=tmp_path, capture_output=True, check=True
    )
    whole = subprocess.run(["sha256sum"], input=listing.stdout, capture_output=True, check=True)
    assert sha256_of(tmp_path) == whole.stdout.decode().split()[0]

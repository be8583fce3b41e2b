"""Rasters opened from files of every usual format: size, place, missing values, chunks, errors."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import xarray as xr
from rasterio.transform import from_origin

from hanoi_analytics import rasters
from hanoi_analytics.rasters.chunking import whole_blocks

MIRROR = Path(os.environ.get("HANOI_ANALYTICS_MIRROR", "."))

# What `rio info`, `ncdump -h` and the paper of each file say: variable, shape, EPSG (or the start
# of what the system is called, or None), missing value as stored, first cell's size and corner.
OPENS: list[tuple[Any, ...]] = [
    ("landsat/L7_ETMs.tif", None, (6, 352, 349), 31985, None, (28.5, -28.5, 288776.25, 9120760.75)),
    ("landsat/lc.tif", None, (46, 84), 5070, None, (3000, -3000, 3092415, 59415)),
    ("landsat/na.tif", None, (10, 10), 4326, None, (1, -1, -180, 90)),
    ("landsat/olinda_dem_utm25s.tif", None, (111, 111), 32000, None,
     (89.994067, -89.994067, 288776.25, 9120760.75)),
    ("landsat/geomatrix.tif", None, (20, 20), 32611, None, (1.5, -1.5, 1841001.75, 1144003.25)),
    ("odd/2d_test.tif", None, (10, 10), 32611, None, (14.2574, -14.2574, 305827.93, 5223236.6)),
    ("odd/clip_bbox__out_of_bounds.tif", None, (10, 10), "unnamed", None,
     (1224.326041, -1225.106747, -723576.69, -2869074.758)),
    ("odd/cog.tif", None, (500, 500), "Albers", -9999, (300, -300, 1634415, 2714805)),
    ("odd/test_rpcs_ext_file.tif", None, (274, 232), None, 0, (19.967532, 20, 0.016234, 0)),
    ("odd/MODIS_ARRAY.nc", None, (200, 200), "Sinusoidal", -28672,
     (231.656358, -231.656358, -7274009.6495, 5050108.6102)),
    ("odd/MODIS_ARRAY_MATCH.nc", None, (100, 150), 32615, -28672,
     (386.651227, -386.651227, 485124.8829, 5029200.7586)),
    ("odd/MODIS_POINT.nc", None, (1, 1), "Sinusoidal", -28672,
     (231.656358, -231.656358, -7272851.3677, 5048950.3284)),
    ("odd/PLANET_SCOPE_3D.nc", "green", (2, 10, 10), 32722, np.nan, (3, -3, 466266, 8084700)),
    ("odd/nonstandard_dim.nc", None, (1, 11, 11), 4326, np.nan, (0.01, -0.01, -70.535, -23.695)),
    ("odd/sentinel_2_L1C_geographic.nc", "nir", (1, 11, 12), 4326, 0,
     (9.090909e-05, -9.090909e-05, -54.75109036, -10.2499999)),
    ("odd/test_find_crs.nc", "blue", (112, 53), 32614, np.nan, (3, -3, 251994, 3791379)),
    ("odd/tmmx_20190121.nc", None, (585, 1386), 4326, 32767,
     (0.0416666667, -0.0416666667, -124.7875, 49.42083333)),
    ("odd/unicode.nc", None, (10, 10), "Geostationary", -1, (2004.0, -2004.0, -60120.5, 3887793.5)),
    ("odd/veris.nc", "Red", (50, 35), 4326, -9999, (1e-05, -1e-05, -94.30306, 42.35073)),
]  # fmt: skip


@pytest.mark.mirror
@pytest.mark.parametrize("expected", OPENS, ids=lambda expected: expected[0])
def test_an_odd_real_file_opens_where_it_lies(expected: tuple[Any, ...]) -> None:
    name, variable, shape, crs, nodata, place = expected
    path = MIRROR / f"raster_fixtures_{name}"
    raw = rasters.open_raster(path, variable, masked=False)
    assert raw.chunks is not None
    assert raw.shape == shape
    assert raw.dims[-2:] == ("y", "x")
    if isinstance(crs, int):
        assert raw.rio.crs.to_epsg() == crs
    else:
        assert crs is None if raw.rio.crs is None else crs.lower() in raw.rio.crs.to_wkt().lower()
    np.testing.assert_equal(raw.rio.nodata, nodata)
    found = raw.rio.transform()
    # Coordinates of 32 bits give a cell to a few parts in ten thousand.
    assert (found.a, found.e) == pytest.approx(place[:2], rel=2e-4)
    assert (found.c, found.f) == pytest.approx(place[2:], abs=abs(place[0]) * 0.01)
    masked = rasters.open_raster(path, variable)
    assert masked.dtype.kind == "f"
    known = np.isfinite(masked.to_numpy())
    if nodata is not None and not np.isnan(nodata):
        np.testing.assert_array_equal(known, raw.to_numpy() != nodata)


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("MOD09GA.A2008296.h14v17.006.2015181011753.hdf", "HDF4.*gdal_translate"),
        ("cint16.tif", "210 ground control points.*gdalwarp -tps"),
        ("test_rpcs.tif", "rational polynomial.*gdalwarp -rpc"),
        ("PLANET_SCOPE_3D.nc", "2 variables; name one by variable=…: blue, green"),
        ("veris.nc", "2 variables.*Red, Slope"),
    ],
)
def test_an_odd_real_file_that_does_not_open_says_why(name: str, words: str) -> None:
    with pytest.raises(rasters.RasterError, match=words):
        rasters.open_raster(MIRROR / "raster_fixtures_odd" / name)


@pytest.mark.mirror
def test_packed_temperatures_and_turned_rows_are_those_that_gdal_reads() -> None:
    odd = MIRROR / "raster_fixtures_odd"
    with rasterio.open(f"netcdf:{odd / 'tmmx_20190121.nc'}:air_temperature") as file:
        stored = file.read(1, masked=True)
    expected = np.where(stored.mask, np.nan, stored.data * 0.1 + 220.0)
    found = rasters.open_raster(odd / "tmmx_20190121.nc")
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    with rasterio.open(f"netcdf:{odd / 'nonstandard_dim.nc'}:analysed_sst") as file:
        np.testing.assert_allclose(rasters.open_raster(odd / "nonstandard_dim.nc")[0], file.read(1))


@pytest.mark.mirror
@pytest.mark.parametrize("name", ["odd/2d_test.tif", "landsat/geomatrix.tif"])
def test_a_rotated_grid_is_refused_with_what_to_do(name: str) -> None:
    rotated = rasters.open_raster(MIRROR / f"raster_fixtures_{name}")
    with pytest.raises(rasters.RasterError, match=r"grid is rotated.*gdalwarp"):
        rasters.align(rotated, rotated, resampling="nearest")


def geotiff(path: Path, cells: np.ndarray, **profile: Any) -> Path:
    """Write cells of one metre, with the upper left corner at (100, 200)."""
    bands = cells if cells.ndim == 3 else cells[None]
    options = {"crs": 32648, "transform": from_origin(100, 200, 1, 1)} | profile
    with rasterio.open(
        path, "w", driver="GTiff", count=len(bands), height=bands.shape[1], width=bands.shape[2],
        dtype=bands.dtype, **options,
    ) as file:  # fmt: skip
        file.write(bands)
        if "scale" in profile:
            file.scales = [profile["scale"]] * len(bands)
    return path


CELLS = np.arange(12, dtype="int16").reshape(3, 4)


def netcdf(path: Path, *, kind: str = "NETCDF4", **changes: Any) -> Path:
    """Write a NetCDF file of degrees, rows from south to north, without coordinate system."""
    lat = xr.Variable("lat", [20.0, 21.0, 22.0], {"units": "degrees_north"})
    lon = xr.Variable("lon", [105.0, 106.0, 107.0, 108.0], {"units": "degrees_east"})
    coords = {"lat": lat, "lon": lon} | changes
    array = xr.DataArray(CELLS, {k: v for k, v in coords.items() if v is not None}, ("lat", "lon"))
    array.to_dataset(name="t").to_netcdf(path, format=kind, engine="netcdf4")
    return path


@pytest.mark.parametrize("kind", ["NETCDF3_CLASSIC", "NETCDF4"])
def test_rows_of_a_netcdf_file_are_turned_north_up(tmp_path: Path, kind: str) -> None:
    found = rasters.open_raster(netcdf(tmp_path / "no suffix", kind=kind), masked=False)
    np.testing.assert_array_equal(found, CELLS[::-1])
    assert found["y"].to_numpy().tolist() == [22.0, 21.0, 20.0]
    assert found.rio.bounds() == (104.5, 19.5, 108.5, 22.5)
    assert found.rio.crs.to_epsg() == 4326


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lat": ("lat", [20.0, 21.0, 25.0])}, "steps along y are uneven, 1 to 4"),
        ({"lat": None}, "no coordinates of y"),
        ({"lon": ("lon", [0.1, 0.2, 0.3, 0.4], {"units": "rad"})}, "scan angles"),
    ],
)
def test_a_grid_that_is_none_is_refused(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(rasters.RasterError, match=words):
        rasters.open_raster(netcdf(tmp_path / "a.nc", **changes))


def test_missing_values_and_scale_of_a_geotiff(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "a.tif", CELLS, nodata=3, scale=0.5)
    raw = rasters.open_raster(path, masked=False)
    assert (raw.dtype, raw.rio.nodata, raw.attrs["scale_factor"]) == ("int16", 3, 0.5)
    np.testing.assert_array_equal(raw, CELLS)
    np.testing.assert_array_equal(
        rasters.open_raster(path), np.where(CELLS == 3, np.nan, CELLS / 2)
    )


def test_a_file_of_several_rasters_names_them(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "pages.tif", CELLS)
    geotiff(path, CELLS * 2, APPEND_SUBDATASET=True)
    with pytest.raises(rasters.RasterError, match=r"2 rasters.*GTIFF_DIR:1.*GTIFF_DIR:2"):
        rasters.open_raster(path)
    second = rasters.open_raster(path, f"GTIFF_DIR:2:{path}", masked=False)
    np.testing.assert_array_equal(second, CELLS * 2)
    with pytest.raises(rasters.RasterError, match="leave variable out"):
        rasters.open_raster(geotiff(tmp_path / "one.tif", CELLS), "t")


def test_complex_numbers_open_and_are_not_counted(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "c.tif", (CELLS * 1j).astype("complex64"))
    found = rasters.open_raster(path, masked=False)
    assert found.to_numpy()[2, 3] == 11j
    with pytest.raises(rasters.RasterError, match="real numbers, found complex64"):
        rasters.align(found, found, resampling="nearest")


def test_what_is_no_raster_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "note.txt").write_text("no raster")
    (tmp_path / "broken.nc").write_bytes(b"\x89HDF\r\n\x1a\n and nothing more")
    cases = {"note.txt": "not a raster", "broken.nc": "cannot be read as netcdf", "": "no Zarr"}
    for name, words in {**cases, "nite.txt": "did you mean 'note.txt'"}.items():
        with pytest.raises(rasters.RasterError, match=words):
            rasters.open_raster(tmp_path / name)
    monkeypatch.setitem(sys.modules, "netCDF4", None)
    with pytest.raises(rasters.RasterError, match=r"hanoi-analytics\[environment\]"):
        rasters.open_raster(tmp_path / "broken.nc")


@pytest.mark.parametrize("interleave", ["pixel", "band"])
def test_chunks_are_whole_blocks_of_bounded_size(tmp_path: Path, interleave: str) -> None:
    cells = np.zeros((3, 300, 700), "uint8")
    path = geotiff(
        tmp_path / "a.tif", cells, tiled=True, blockxsize=64, blockysize=32, interleave=interleave
    )
    chunks = rasters.open_raster(path, masked=False, chunk_mb=0.02).data.chunksize
    assert chunks[1] % 32 == 0
    assert chunks[2] % 64 == 0
    assert np.prod(chunks) <= 20_000
    assert chunks[0] == (3 if interleave == "pixel" else 1)


def test_chunks_of_a_long_series_of_small_layers_and_of_strips() -> None:
    series = whole_blocks(
        {"time": 8760, "y": 9, "x": 9}, {"time": 1, "y": 9, "x": 9}, 4, limit_bytes=32_400
    )
    assert series == {"time": 100, "y": 9, "x": 9}
    strips = whole_blocks({"y": 1000, "x": 500}, {"y": 3, "x": 500}, 1, limit_bytes=15_000)
    assert strips == {"y": 30, "x": 500}
    # A block that is larger than the limit stays whole.
    assert whole_blocks({"y": 9, "x": 9}, {"y": 9, "x": 9}, 8, limit_bytes=8) == {"y": 9, "x": 9}


def test_a_netcdf_file_is_read_right_by_several_threads(tmp_path: Path) -> None:
    cells = np.arange(400 * 400).reshape(400, 400)
    ticks = {"y": np.arange(400.0)[::-1], "x": np.arange(400.0)}
    path = tmp_path / "a.nc"
    xr.DataArray(cells, ticks, ("y", "x")).to_dataset(name="a").to_netcdf(
        path, engine="netcdf4", encoding={"a": {"chunksizes": (20, 20), "zlib": True}}
    )
    lazy = rasters.open_raster(path, masked=False, chunk_mb=0.01)
    found: list[np.ndarray] = []
    threads = [
        threading.Thread(target=lambda: found.append(lazy.compute(scheduler="threads").to_numpy()))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lazy.data.npartitions > 100
    assert len(found) == 3
    for one in found:
        np.testing.assert_array_equal(one, cells)

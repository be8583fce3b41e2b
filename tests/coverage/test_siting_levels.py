"""Which sites cover what by predicted level: published losses, free space by hand, another way."""

from __future__ import annotations

import math
from statistics import NormalDist

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer
from shapely import box

from hanoi_analytics.coverage.best_server.settings import Radio
from hanoi_analytics.coverage.best_server.signal import signal_map
from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.coverage.network import Defaults, read_network
from hanoi_analytics.coverage.siting import covers_by_level, site_positions

CENTRE = np.array([[585_000.0, 2_325_000.0]])


def sites(*offsets_m: tuple[float, float], pattern: str | None = "omni") -> pd.DataFrame:
    """Return sectors of 200 W on 273 blocks at 2,550 MHz: 17.86 dBm in a resource element."""
    xy = CENTRE + np.array(offsets_m)
    to_degrees = Transformer.from_crs("EPSG:32648", "EPSG:4326", always_xy=True)
    longitude, latitude = to_degrees.transform(*xy.T)
    rows = pd.DataFrame({"id": [f"S{n}" for n in range(len(xy))], "longitude": longitude})
    rows = rows.assign(latitude=latitude, frequency_mhz=2550.0, band="n41")
    rows.attrs["source"] = {"id": "hand"}
    defaults = Defaults(pattern=pattern, gain_dbi=0.0, tilt_deg=0.0, height_m=25.0)
    return read_network(rows, defaults=defaults).sectors


def test_probability_from_published_losses_decides() -> None:
    # Urban macro at 2.55 GHz and 500 m: 97.10 dB with P(LOS) 0.0363 and 127.17 dB without.
    threshold_dbm = -110.0
    level_dbm = 17.86 - 3.0
    chance = 0.0363 * NormalDist(0, 4).cdf(level_dbm - 97.10 - threshold_dbm)
    chance += (1 - 0.0363) * NormalDist(0, 6).cdf(level_dbm - 127.17 - threshold_dbm)
    assert 0.3 < chance < 0.7
    radio = Radio(thresholds_dbm=(threshold_dbm,), body_loss_db=3.0)
    there = CENTRE + np.array([[0, 500]])
    for reliability, expected in ((chance - 0.002, True), (chance + 0.002, False)):
        found = covers_by_level(there, sites((0, 0)), reliability=reliability, radio=radio)
        assert found.toarray().tolist() == [[expected]]


def test_the_wall_of_the_legacy_kind_brings_its_own_fading() -> None:
    # 20 dB and 7 dB in all, instead of 4 and 6 dB: TR 38.901 Table 7.4.3-3. Other kinds add theirs.
    level_dbm, threshold_dbm = 17.86 - 3.0 - 20.0, -120.0
    chance = 0.0363 * NormalDist(0, 7).cdf(level_dbm - 97.10 - threshold_dbm)
    chance += (1 - 0.0363) * NormalDist(0, 7).cdf(level_dbm - 127.17 - threshold_dbm)
    radio = Radio(thresholds_dbm=(threshold_dbm,), body_loss_db=3.0, indoor="legacy_20db")
    there = CENTRE + np.array([[0, 500]])
    for reliability, expected in ((chance - 0.002, True), (chance + 0.002, False)):
        found = covers_by_level(there, sites((0, 0)), reliability=reliability, radio=radio)
        assert found.toarray().tolist() == [[expected]]


def test_free_space_covers_a_disc_of_known_radius() -> None:
    # 17.86 − 3 − (32.45 + 20 lg(2550) + 20 lg(d_km)) = −80 dBm at this distance between antennas.
    slant_m = 1000 * 10 ** ((17.86 - 3 + 80 - 32.448 - 20 * math.log10(2550)) / 20)
    ground_m = math.sqrt(slant_m**2 - 23.5**2)
    radio = Radio(thresholds_dbm=(-80.0,), body_loss_db=3.0)
    offsets_m = [[0, 0.99 * ground_m], [0, -1.01 * ground_m], [-0.99 * ground_m, 0], [0, 0]]
    found = covers_by_level(
        CENTRE + offsets_m, sites((0, 0)), reliability=0.5, model="free_space", radio=radio
    )
    assert found.toarray().ravel().tolist() == [True, False, True, True]


def test_as_the_map_of_a_single_site_has_it_and_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    sectors = sites((300, 200), pattern="tr38901")
    sectors.loc[:, "gain_dbi"] = 25.0
    radio = Radio(thresholds_dbm=(-120.0,), indoor="low", range_m=3000.0)
    x, y = CENTRE[0]
    area = gpd.GeoDataFrame(
        geometry=[box(x - 3200, y - 3200, x + 3200, y + 3200)], crs="EPSG:32648"
    )
    area.attrs["source"] = {"id": "hand"}
    chance = signal_map(sectors, area, resolution_m=200, radio=radio)["probability"][0].compute()
    columns, rows = np.meshgrid(chance["x"], chance["y"])
    cells = np.column_stack([columns.ravel(), rows.ravel()])
    clear = np.abs(chance.to_numpy().ravel() - 0.9) > 0.003
    expected = chance.to_numpy().ravel() >= 0.9
    assert 20 < expected.sum() < expected.size / 2
    found = covers_by_level(cells, sectors, reliability=0.9, radio=radio).toarray().ravel()
    assert (found == expected)[clear].all()
    several = sites((300, 200), (-900, 0), (0, 1200), pattern="tr38901")
    whole = covers_by_level(cells, several, reliability=0.9, radio=radio)
    monkeypatch.setattr("hanoi_analytics.coverage.siting.levels._PAIRS_AT_ONCE", 1)
    assert (covers_by_level(cells, several, reliability=0.9, radio=radio) != whole).nnz == 0
    one_by_one = [
        covers_by_level(cells, sites(at, pattern="tr38901"), reliability=0.9, radio=radio)
        for at in ((300, 200), (-900, 0), (0, 1200))
    ]
    assert [one.nnz for one in one_by_one] == np.diff(whole.indptr).tolist()


def test_sites_stand_where_the_table_has_them() -> None:
    found = site_positions(sites((0, 0), (700, -400), pattern=None))
    np.testing.assert_allclose(
        found.to_numpy(), CENTRE + np.array([[0, 0], [700, -400]]), atol=0.01
    )
    assert found.index.tolist() == ["S0", "S1"]


def test_a_sector_outside_the_models_limits_is_named() -> None:
    with pytest.raises(CoverageError, match=r"'S0' with height_m 90, are outside the limits"):
        covers_by_level(CENTRE, sites((0, 0)).assign(height_m=90.0), reliability=0.9)


def test_wrong_inputs_are_named() -> None:
    one = sites((0, 0), pattern=None)
    with pytest.raises(CoverageError, match="reliability"):
        covers_by_level(CENTRE, one, reliability=95)
    with pytest.raises(CoverageError, match="one threshold"):
        covers_by_level(CENTRE, one, reliability=0.9, radio=Radio(thresholds_dbm=(-110, -100)))
    with pytest.raises(CoverageError, match="did you mean 'uma'"):
        covers_by_level(CENTRE, one, reliability=0.9, model="umaa")
    torn = one.copy()
    torn.loc[1, "longitude"] += 0.01
    with pytest.raises(CoverageError, match=r"'S0'.*its own site_id"):
        covers_by_level(CENTRE, torn, reliability=0.9)
    twice = pd.concat([one, one.assign(site_id="T", sector_id="T" + one["sector_id"])])
    twice.attrs = one.attrs
    with pytest.raises(CoverageError, match="listed twice"):
        covers_by_level(CENTRE, twice.reset_index(drop=True), reliability=0.9)

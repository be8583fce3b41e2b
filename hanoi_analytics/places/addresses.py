"""Addresses to official codes, old and new, without sending anything to a network."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from hanoi_analytics import catalogue
from hanoi_analytics.places.names import tidy
from hanoi_analytics.places.units import PlacesError

HANOI = "01"


def parse_addresses(
    addresses: pd.Series[str], *, units: Literal["new", "old"] = "new"
) -> pd.DataFrame:
    """Find the administrative unit that each address names.

    Parameters
    ----------
    addresses : pandas.Series of str
        ``street, ward, province`` for new units, ``street, ward, district, province`` for old
        ones; case and marks are forgiven.
    units : {"new", "old"}
        Units since, or up to, the reform of 1 July 2025.

    Returns
    -------
    pandas.DataFrame, same index
        ``province_code, province, district, ward_code, ward`` and ``status``: ``ward``,
        ``province only`` or ``not found``. Nothing is guessed beyond what the parser finds.

    Notes
    -----
    Uses ``vietnamadminunits.parse_address``. The street is dropped: it plays no part in the unit.

    Examples
    --------
    >>> parse_addresses(pd.Series(["hồng hà, hà nội"]))[["ward_code", "status"]].iloc[0].tolist()
    ['00097', 'ward']
    """
    if units not in ("new", "old"):
        raise PlacesError(f"units {units!r}: expected 'new' or 'old'")
    mode = "FROM_2025" if units == "new" else "LEGACY"
    rows = [_parse(text, mode) for text in addresses]
    columns = ["province_code", "province", "district", "ward_code", "ward", "status"]
    return pd.DataFrame(rows, index=addresses.index, columns=columns)


def convert_addresses(addresses: pd.Series[str]) -> pd.DataFrame:
    """Turn addresses of before July 2025 into new ward codes, in Hanoi by the law.

    Parameters
    ----------
    addresses : pandas.Series of str
        ``street, ward, district, province`` as before 1 July 2025.

    Returns
    -------
    pandas.DataFrame, same index
        ``old_code``, ``new_code`` and ``status``: ``one`` (the old unit's people went to one new
        unit), ``split`` (to several: ``new_code`` is missing and ``candidates`` lists them),
        ``by package`` (outside Hanoi) or ``not found``; ``candidates`` is a tuple of new codes.

    Notes
    -----
    ``vietnamadminunits.convert_address`` picks a default for a unit that was split, and asks a
    geocoder on the network for its street. In Hanoi the law's own table is used instead; elsewhere
    the package converts the unit without its street, and a default it picked is not told apart.

    Examples
    --------
    >>> found = convert_addresses(pd.Series(["phường Hàng Bạc, quận Hoàn Kiếm, Hà Nội"]))
    >>> found[["old_code", "new_code", "status"]].iloc[0].tolist()
    ['00061', '00070', 'one']
    """
    edges = catalogue.load("hanoi_crosswalk_2025")
    inhabited = edges[edges["population_portion"] != "none"]
    targets = inhabited.groupby("old_code")["new_code"].agg(tuple)
    parsed = parse_addresses(addresses, units="old")
    rows = [_convert(row, targets) for row in parsed.to_dict("records")]
    columns = ["old_code", "new_code", "candidates", "status"]
    return pd.DataFrame(rows, index=addresses.index, columns=columns)


def _parse(text: object, mode: str) -> dict[str, Any]:
    from vietnamadminunits import parse_address  # noqa: PLC0415 - a second to import

    if not isinstance(text, str) or not text.strip():
        return {"status": "not found"}
    try:
        unit = parse_address(tidy(text), mode=mode, keep_street=False)
    except (ValueError, KeyError, IndexError, AttributeError, TypeError):
        # The parser has no error of its own for text it cannot make out.
        return {"status": "not found"}
    if unit is None or not unit.province_code:
        return {"status": "not found"}
    return {
        "province_code": unit.province_code,
        "province": unit.province,
        "district": unit.district,
        "ward_code": unit.ward_code,
        "ward": unit.ward,
        "status": "ward" if unit.ward_code else "province only",
    }


def _convert(row: dict[Any, Any], targets: pd.Series[Any]) -> dict[str, Any]:
    code = row["ward_code"]
    if isinstance(code, str) and row["province_code"] != HANOI:
        return _convert_elsewhere(row)
    if not isinstance(code, str) or code not in targets.index:
        return {"candidates": (), "status": "not found"}
    candidates = targets[code]
    return {
        "old_code": code,
        "new_code": candidates[0] if len(candidates) == 1 else None,
        "candidates": candidates,
        "status": "one" if len(candidates) == 1 else "split",
    }


def _convert_elsewhere(row: dict[Any, Any]) -> dict[str, Any]:
    from vietnamadminunits import convert_address  # noqa: PLC0415

    # Three parts and no street: with a street the package would ask a geocoder.
    names = (row["ward"], row["district"], row["province"])
    unit = convert_address(", ".join(name for name in names if isinstance(name, str)))
    if not unit.ward_code:
        return {"old_code": row["ward_code"], "candidates": (), "status": "not found"}
    return {
        "old_code": row["ward_code"],
        "new_code": unit.ward_code,
        "candidates": (unit.ward_code,),
        "status": "by package",
    }

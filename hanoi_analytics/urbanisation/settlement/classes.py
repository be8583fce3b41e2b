"""Names and colours of the classes of the Degree of Urbanisation."""

from __future__ import annotations

#: Level 1 (GHSL codes).
LEVEL_1 = {3: "Urban centre", 2: "Urban cluster", 1: "Rural", 0: "Water"}

#: Level 2 (GHSL codes).
LEVEL_2 = {
    30: "Urban centre",
    23: "Dense urban cluster",
    22: "Semi-dense urban cluster",
    21: "Suburban or peri-urban",
    13: "Rural cluster",
    12: "Low-density rural",
    11: "Very-low-density rural",
    10: "Water",
}

#: Colours of the GHSL data package, by code of either level.
COLOURS = {
    30: "#FF0000",
    23: "#732600",
    22: "#A87000",
    21: "#FFFF00",
    13: "#375623",
    12: "#ABCD66",
    11: "#CDF57A",
    10: "#7AB6F5",
    3: "#FF0000",
    2: "#FFAA00",
    1: "#73B273",
    0: "#7AB6F5",
}

#: What a cell holds of which nothing is known.
NODATA = 255

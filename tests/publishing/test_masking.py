import sys
import tempfile
from pathlib import Path

import pytest

import hanoi_analytics
from hanoi_analytics.publishing.masking import mask_paths

PROJECT = Path(hanoi_analytics.__file__).resolve().parent.parent
HOME = Path.home()


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            f'File "{PROJECT}/hanoi_analytics/maps.py", line 3',
            'File "hanoi_analytics/maps.py", line 3',
        ),
        (f"in {PROJECT}.", "in .."),
        (f"in {PROJECT}", "in ."),
        (f"{HOME}/notes.txt", "~/notes.txt"),
        (f"file://{HOME}/notes.txt", "~/notes.txt"),
        (f"a\\n{HOME}/notes.txt", "a\\n~/notes.txt"),
        (f"\x1b[32m{HOME}/notes.txt\x1b[0m", "\x1b[32m~/notes.txt\x1b[0m"),
        (f"HOME={HOME}", "HOME=~"),
        ("/home/lan/data/x.csv", "~/data/x.csv"),
        ("/Users/lan", "~"),
        (r"C:\Users\Lan\x.csv", r"~\x.csv"),
        (f"{tempfile.gettempdir()}/ipykernel_12/34.py:1: UserWarning", "cell.py:1: UserWarning"),
        (f"{tempfile.gettempdir()}/x/y.nc", "…/x/y.nc"),
        (f"{sys.prefix}/lib/a.py", "env/lib/a.py"),
    ],
)
def test_paths_of_this_machine_are_masked(text: str, masked: str) -> None:
    assert mask_paths(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "https://www.gso.gov.vn/home/default.aspx",
        f"https://example.org{HOME}/x",
        f"data:image/png;base64,AAAA{HOME}/AAAA",
        "Hà Nội",
    ],
)
def test_other_text_is_left_alone(text: str) -> None:
    assert mask_paths(text) == text


def test_a_folder_whose_name_only_begins_like_the_projects_is_not_the_project() -> None:
    assert mask_paths(f"{PROJECT}-old/x.csv").endswith("-old/x.csv")

"""The words of Vietnamese names and how often they are drawn: published shares and assumptions."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from hanoi_analytics.linkage.checks import LinkageError

Surnames = Literal["le_trung_hoa", "survey_2022"]
Weights = NDArray[np.float64]
Years = NDArray[np.float64] | NDArray[np.int64]
Points = tuple[tuple[float, float], ...]

# Shares in per cent after Lê Trung Hoa's table of Vietnamese family names.
_LE_TRUNG_HOA = {
    "Nguyễn": 38.4,
    "Trần": 11.0,
    "Lê": 9.5,
    "Phạm": 7.1,
    "Hoàng/Huỳnh": 5.1,
    "Phan": 4.5,
    "Vũ/Võ": 3.9,
    "Đặng": 2.1,
    "Bùi": 2.0,
    "Đỗ": 1.4,
    "Hồ": 1.3,
    "Ngô": 1.3,
    "Dương": 1.0,
    "Lý": 0.5,
}
# What a survey of 2022 gives for Nguyễn; it says less about the others, which are scaled.
_NGUYEN_2022 = 31.5
# What the table leaves goes to these, most frequent first; an assumption for the north.
_OTHERS = """
Đinh Đào Trịnh Trương Mai Lương Cao Hà Phùng Tạ Đoàn Tô Chu Nghiêm Lưu Kiều Thái Vương Quách Khuất
Lại Doãn Tống Bạch Đàm Phí Cấn Lâm Từ La Hứa Chử Ông Trưng Ninh Văn Giang Thạch Mạc Cù Triệu Viên
Nhữ Ứng Đồng Kim Quản Lã Âu Tăng
"""

# Given and middle names, most frequent first within each generation; all made up from common use.
_MALE_OLD = """
Hùng Dũng Bình Sơn Thắng Hải Thành Minh Tiến Long Cường Hòa Quang Tuấn Tâm Thanh Lợi Phúc Vinh Đức
Chiến Toàn Khánh Lộc Nam Hà Ngọc Xuân Chính Thịnh Hưng Thọ Quý Sinh Bảo Định Tân Cần Hợi Sửu Tý
Mão Ngọ Mùi Thân Dậu Tuất Lương Bính Canh Nhâm Kỷ Đáng Khoa Liêm Trọng Oánh Thược Ty Khải Mạnh
Hiển Bằng Bách Luận Đạo Nghĩa Lễ Trí Tín Hậu Kiểm Nhượng Phiên Thuật Vượng Soạn Viện Chấn Doanh
Điền Hoan Khuê Lẫm Mưu Nghị Phái Quế Sĩ Tấn Thuyết Trác Ước Vịnh Xướng Yên
"""
_MALE_COMMON = """
Tuấn Anh Hùng Dũng Cường Hiếu Trung Thành Nam Sơn Hải Long Thắng Đức Quân Tùng Minh Hoàng Duy Việt
Linh Huy Đạt Hưng Mạnh Tú Giang Kiên Khánh Toàn Lâm Phương Phong Quyết Thái Chung Công Hòa Hiệp
Hào Khôi Khương Lực Luân Nghĩa Nhân Nhật Phú Phước Quyền Sáng Tài Tân Thịnh Thiện Tiệp Tới Trường
Trọng Tuyên Vũ Vương Đông Điệp Đoàn Đăng Đình Dương Chiến Cương Bắc Ba Ánh Biên Chí Diễn Hạnh Hiến
Huân Huỳnh Khiêm Khoa Lý Mừng Ninh Oai Pháp Phi Quảng Quốc Sang Sự Thạch Thế Thông Thuận Thụy Tình
Triệu Trình Tráng Văn Viễn
"""
_MALE_MODERN = """
Minh Anh Huy Khang Bảo Nam Phúc Đức Khôi An Long Quân Dũng Phong Hiếu Khoa Đạt Hưng Kiên Nguyên
Tùng Lâm Bách Hải Sơn Việt Khánh Nhật Đăng Trí Thiên Gia Duy Tuấn Vinh Quang Thành Hoàng Tú Vũ
Thịnh Phát Tâm Hùng Trung Dương Cường Bình Đan Nhân Kỳ Quốc Thái Triết Tiến Đông Bin Hào Kha Lộc
Luân Ngọc Sang Tài Tín Toàn Trường Tuệ Tường Uy Văn Vương Ý Chí Danh Điền Giáp Khải Khuê Mạnh
Nghĩa Pháp Quý
"""
_FEMALE_OLD = """
Lan Hoa Hương Thanh Loan Nga Hồng Liên Bình Thu Minh Tâm Hà Mai Thủy Hiền Yến Oanh Hòa Phượng
Tuyết Cúc Huệ Nhung Vân Thảo Xuân Đào Nguyệt Sen Mùi Lý Tỵ Bưởi Na Chắt Gái Nụ Nhàn Nhài Thơm Tho
Chanh Cam Quýt Mận Lụa Vải Hợi Sửu Dần Ngọ Tý Mão Thìn Thân Dậu Tuất Nhớn Út Bé Hai Tư Năm Sáu Bảy
Chín Thược Điểm Đoan Hải Khang Khuyên Kim Mẫu Miền Mơ Ngân Ngát Ngoan Nết Nhạn Phú Quế Sâm Tẹo
Thái Thoa Thuận Tính Toan Vui Viễn Xoan Xuyến Ích
"""
_FEMALE_COMMON = """
Hương Hà Hằng Huyền Trang Linh Thủy Nga Lan Hoa Hạnh Hiền Thảo Ngọc Mai Phương Anh Dung Nhung Oanh
Thu Yến Vân Tuyết Thúy Hồng Loan Liên Lý Quỳnh Huệ Hường Giang Hải Bích Ngân Ngoan Nguyệt Nhàn
Nhài Ninh Phượng Quyên Quế Sen Tâm Thanh Thắm Thao Thêu Thơ Thơm Thương Thùy Tình Trà Trinh Tú
Tươi Tuyến Uyên Vui Vinh Xuân Xuyến Ánh Bình Châm Chi Chiên Cúc Diễm Diệp Diệu Duyên Đào Điệp Gấm
Hảo Hậu Hoài Hoàn Hòa Huế Khánh Khuyên Kiều Lành Lệ Len Liễu Luyến Ly Mận Mến Minh Mơ My Mỹ Nhâm
Nhi Như Nụ Phúc Thoa
"""
_FEMALE_MODERN = """
Anh Linh Chi Trang Ngọc Nhi Phương Thảo My Vy Hà Mai Ngân Hân Châu An Như Giang Thư Quỳnh Trâm
Hương Ly Uyên Lan Minh Huyền Dương Khánh Yến Thùy Diệp Nguyên Trúc Vân Hạnh Thủy Ánh Nga Tú Quyên
Bảo Đan Hằng Khuê Mỹ Nhiên Oanh Thi Thanh Thục Tiên Trà Trinh Tuệ Tường Vi Hiền Hoa Kim Lam Lê Mẫn
Mây Ngà Nhã Phúc San Sương Tâm Thơ Thy Tuyết Xuân Ý Băng Bích Cát Dung Duyên Gia Hoài Hồng Khanh
Kiều Liên Loan Miên Na Nhung
"""
_MALE_MIDDLE_OLD = """
Văn Đức Xuân Hữu Đình Quang Ngọc Công Duy Minh Trọng Bá Thế Huy Doãn Khắc Viết Như Mạnh Tiến Đăng
Sỹ Kim Hồng Chí Danh Quốc Thanh Phú Tất Hoàng Trung
"""
_MALE_MIDDLE_NEW = """
Đức Minh Văn Quang Anh Tuấn Gia Hoàng Duy Bảo Ngọc Thành Xuân Mạnh Hải Quốc Việt Hữu Thế Trung
Đình Nhật Tiến Công Trọng Khánh Đăng Tùng Thái Chí Phúc Thiên Huy Thanh Nam Viết
"""
_FEMALE_MIDDLE_OLD = """
Thu Thanh Kim Hồng Ngọc Minh Bích Phương Tuyết Lệ Xuân Thúy Mai Như Diệu Mỹ Quỳnh Hoài Ánh Lan Vân
Hải Cẩm
"""
_FEMALE_MIDDLE_NEW = """
Ngọc Phương Thu Minh Thùy Khánh Bảo Hà Thanh Quỳnh Mai Hồng Thảo Kim Linh Huyền Hoàng Tường Gia
Diệu Bích Yến Hoài Tú Vân Lan Trúc Ánh Hải Nhật An Như Mỹ Thúy Tuệ Hương Cẩm Đan Thục Châu
"""

NEWBORN_PREFIXES = ("CB", "Con bà", "Bé")
# Of the three generations, by sex.
GIVEN = {
    "male": [text.split() for text in (_MALE_OLD, _MALE_COMMON, _MALE_MODERN)],
    "female": [text.split() for text in (_FEMALE_OLD, _FEMALE_COMMON, _FEMALE_MODERN)],
}
MIDDLE = {
    "male": [_MALE_MIDDLE_OLD.split(), *[_MALE_MIDDLE_NEW.split()] * 2],
    "female": [_FEMALE_MIDDLE_OLD.split(), *[_FEMALE_MIDDLE_NEW.split()] * 2],
}
# Last birth year of each generation but the latest.
GENERATION_ENDS = (1964, 1997)
# "Văn" among men's first middle names and "Thị" among women's, which fall with the birth year.
VAN_SHARE_BY_YEAR = ((1940, 0.50), (1965, 0.50), (1990, 0.35), (2015, 0.06))
THI_SHARE_BY_YEAR = ((1940, 0.85), (1965, 0.80), (1990, 0.62), (2015, 0.12))
TWO_MIDDLES_BY_YEAR = ((1940, 0.05), (1965, 0.10), (1990, 0.22), (2015, 0.35))


def surname_shares(
    table: Surnames = "le_trung_hoa", northern_share: float = 0.95
) -> dict[str, float]:
    """Return the share of every family name; the shares add up to 1.

    Parameters
    ----------
    table : {"le_trung_hoa", "survey_2022"}
        Lê Trung Hoa's table (Nguyễn 38.4 %), or a survey of 2022 (Nguyễn 31.5 %, the others of
        the table scaled). Names outside the table share its rest by an assumed order.
    northern_share : float
        Share of Hoàng in Hoàng/Huỳnh and of Vũ in Vũ/Võ, 0 to 1; an assumption for Hanoi.

    Raises
    ------
    LinkageError
        Another table, or a share outside 0 to 1.

    Examples
    --------
    >>> shares = surname_shares()
    >>> shares["Nguyễn"], round(shares["Hoàng"] + shares["Huỳnh"], 3)
    (0.384, 0.051)
    """
    if table not in get_args(Surnames):
        raise LinkageError(
            f"surnames: expected one of {', '.join(get_args(Surnames))}; found {table!r}"
        )
    if not 0.0 <= northern_share <= 1.0:
        raise LinkageError(f"northern_share: expected 0 to 1, found {northern_share:g}")
    nguyen = _LE_TRUNG_HOA["Nguyễn"] if table == "le_trung_hoa" else _NGUYEN_2022
    scale = (100.0 - nguyen) / (100.0 - _LE_TRUNG_HOA["Nguyễn"])
    shares: dict[str, float] = {}
    for name, percent in _LE_TRUNG_HOA.items():
        share = nguyen / 100.0 if name == "Nguyễn" else percent * scale / 100.0
        north, _, south = name.partition("/")
        shares[north] = share * northern_share if south else share
        if south:
            shares[south] = share * (1.0 - northern_share)
    rest = 1.0 - sum(shares.values())
    for name, weight in zip(_OTHERS.split(), zipf(len(_OTHERS.split()), 3.0), strict=True):
        shares[name] = rest * float(weight)
    return shares


def zipf(count: int, offset: float) -> Weights:
    """Return weights falling with rank as 1 / (rank + offset), adding up to 1."""
    weights = 1.0 / (np.arange(1, count + 1) + offset)
    return weights / weights.sum()


def by_year(years: Years, points: Points) -> Weights:
    """Return a share for each birth year or age, straight between the points (year, share)."""
    at, share = zip(*points, strict=True)
    return np.interp(years, np.array(at, dtype=float), np.array(share, dtype=float))


def base_words() -> list[str]:
    """Return every word of the vocabularies once, in a fixed order."""
    words = dict.fromkeys([*surname_shares(), "Văn", "Thị"])
    for lists in (*GIVEN.values(), *MIDDLE.values()):
        for names in lists:
            words.update(dict.fromkeys(names))
    return list(words)

"""Family names, their regional variants, and words that stand in the place of a name."""

from __future__ import annotations

from typing import Final

# Shares over one per cent in Lê Trung Hoa's table, without those that are given names as well
# (Hoàng, Vũ, Hồ): as the last syllable they betray a name written family last.
_FREQUENT = "nguyễn trần lê phạm huỳnh phan võ đặng bùi đỗ ngô"
FREQUENT: Final = tuple(_FREQUENT.split())
FREQUENT_PLAIN: Final = ("nguyen", "tran", "pham", "huynh", "phan", "bui", "ngo")
# A name that begins with one of these is in the usual order, whatever its last syllable. Rare
# families that are mostly given names (An, Phương, Thái) are left out.
_OTHERS = (
    "hoàng vũ hồ dương lý âu bạch bành bế biện bồ cai cao cầm châu chế chu chử chung cổ công "
    "cù cung cự diệp doãn du dư đàm đan đào đăng đậu đèo điêu đinh đoàn đới đường giáp hà hàn "
    "hán hàng hình hứa kha khà khổng khuất khương kiều kỷ la lã lạc lại lâm lăng lầu lò lỗ lộ "
    "lục lù lư lữ lương lưu lường ma mã mạc mạch mai mâu mè miêu mộc mùa nghiêm ngọ ngụy nhan "
    "nhâm nhữ ninh nông ong ông phí phùng quách quan quản quàng quảng sái sầm sùng tạ tăng "
    "tào tất tề thạch thang thào thẩm thi thiều thôi tiết tô tôn tống trà trác triệu trình "
    "trịnh trương từ uông vừ vương "
)
FAMILIES: Final = (*FREQUENT, *_OTHERS.split())
COMPOUND: Final = (
    "công tằng tôn nữ",
    "công huyền tôn nữ",
    "công tôn nữ",
    "huyền tôn nữ",
    "tôn thất",
    "tôn nữ",
    "âu dương",
)
# North and Centre, or Centre and South, say one word in two ways (taboos on lords' names). Most
# bearers of the two are different people: a level of comparison, never a replacement.
VARIANTS: Final = {"võ": "vũ", "huỳnh": "hoàng", "phước": "phúc"}
MIDDLE_ONLY: Final = ("văn", "thị", "van", "thi")
# Hospitals record a newborn by its mother ("Con bà …", "CB …") or by its sex, marks or none.
NAMELESS: Final = (
    "^(?:con (?:b[àa]|c[ủu]a|ch[ịi]|m[ẹe]|sp|s[ảa]n ph[ụu]|so|trai|g[áa]i)"
    "|b[éeẻ] (?:g[áa]i|trai|s[ơo] sinh|con|cb)"
    "|tr[ẻe] (?:g[áa]i|trai|s[ơo] sinh)|s[ơo] sinh|ch[ưu]a (?:đ[ặa]t|dat|c[óo]) t[êe]n"
    "|kh[ôo]ng (?:r[õo] )?t[êe]n|v[ôo] danh|cb)(?: |$)"
)

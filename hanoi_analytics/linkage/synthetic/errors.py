"""How often a hospital's record differs from the register, kind by kind: one settings object."""

from __future__ import annotations

from dataclasses import dataclass, fields

from hanoi_analytics.linkage.checks import LinkageError

# Kinds of which one record has at most one: their rates must not add up to more than 1.
_EXCLUSIVE = (
    (
        "birth_date_missing",
        "day_month_swapped",
        "first_january",
        "birth_year_off_by_one",
    ),
    ("cccd_of_parent", "cccd_missing_under_14"),
    ("cccd_digit_wrong", "cccd_zeros_lost"),
    ("phone_missing", "phone_changed", "phone_of_family"),
)


@dataclass(frozen=True, kw_only=True)
class Errors:
    """Rates, 0 to 1, of the differences between a hospital's record and the register.

    Each rate is of the records in which the difference can happen: a name without a syllable of
    two spellings has no tone to misplace, a birth date such as 5 May has no day and month to swap.
    Differences are drawn independently of each other, record by record, except that one record has
    at most one fault of its birth date, and one of its phone. No rate is measured: the presets are
    assumptions, ordered by how hard they make a linkage.

    Attributes
    ----------
    marks_lost : float
        All marks of the name gone: Nguyen Van Hung.
    tone_moved : float
        The tone on the other vowel: Hoà for Hòa, Thuý for Thúy.
    i_for_y : float
        Lí for Lý, Mĩ for Mỹ, and the other way round.
    upper_case : float
        The name in capitals.
    words_stuck : float
        The first two words without a space: NguyễnVăn Hùng.
    abbreviated : float
        Family name or a middle name cut to its beginning: Ng. Văn Hùng, Nguyễn T. Lan.
    middle_dropped : float
        No middle name.
    order_swapped : float
        Given name first, or family name last.
    keyboard_typo : float
        A letter left out, doubled, exchanged with its neighbour, hit beside its key, or a key of
        the Telex input method that did not take.
    misheard : float
        Written by ear in the north: d/gi/r, s/x, ch/tr, l/n, hỏi/ngã.
    regional_variant : float
        Vũ/Võ, Hoàng/Huỳnh, Phúc/Phước, Nhật/Nhựt.
    legacy_encoding : float
        The name in the TCVN3 encoding, read as Western European text.
    newborn_unnamed : float
        Of records in a baby's first 28 days: the mother's name after "CB" (con bà, child of Mrs).
    sex_wrong : float
        The other sex.
    birth_date_missing, day_month_swapped, first_january, birth_year_off_by_one : float
        No birth date; day and month exchanged; only the year known, written as 1 January; the
        year before or after.
    cccd_missing, cccd_missing_under_14, cccd_missing_over_75 : float
        Nobody asked for the card, by age on the day of the record.
    cccd_of_parent : float
        Of children under 14: the mother's number in place of the child's.
    cccd_digit_wrong : float
        One digit of the personal number wrong.
    cccd_zeros_lost : float
        Leading zeros lost in a spreadsheet.
    cmnd_missing : float
        The old identity number, which only records before 2025 may carry, is not written.
    bhyt_missing : float
        No health-insurance number, and so no social-insurance code, which is its last ten digits.
    phone_missing, phone_changed, phone_of_family, phone_old_form : float
        No phone; another number; that of the household; written with the 11 digits of before 2018.
    moved, moved_young_women : float
        Lived in another ward; women of 20 to 34 years, who move on marriage, have their own rate.
    """

    marks_lost: float = 0.0
    tone_moved: float = 0.0
    i_for_y: float = 0.0
    upper_case: float = 0.0
    words_stuck: float = 0.0
    abbreviated: float = 0.0
    middle_dropped: float = 0.0
    order_swapped: float = 0.0
    keyboard_typo: float = 0.0
    misheard: float = 0.0
    regional_variant: float = 0.0
    legacy_encoding: float = 0.0
    newborn_unnamed: float = 0.0
    sex_wrong: float = 0.0
    birth_date_missing: float = 0.0
    day_month_swapped: float = 0.0
    first_january: float = 0.0
    birth_year_off_by_one: float = 0.0
    cccd_missing: float = 0.0
    cccd_missing_under_14: float = 0.0
    cccd_missing_over_75: float = 0.0
    cccd_of_parent: float = 0.0
    cccd_digit_wrong: float = 0.0
    cccd_zeros_lost: float = 0.0
    cmnd_missing: float = 0.0
    bhyt_missing: float = 0.0
    phone_missing: float = 0.0
    phone_changed: float = 0.0
    phone_of_family: float = 0.0
    phone_old_form: float = 0.0
    moved: float = 0.0
    moved_young_women: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            rate = getattr(self, field.name)
            if not 0.0 <= rate <= 1.0:
                raise LinkageError(f"{field.name}: expected a rate of 0 to 1, found {rate:g}")
        for names in _EXCLUSIVE:
            total = sum(getattr(self, name) for name in names)
            if total > 1.0 + 1e-9:
                raise LinkageError(
                    f"{', '.join(names)}: a record has at most one of these, so the rates add up "
                    f"to 1 or less; found {total:g}"
                )


EASY = Errors(
    marks_lost=0.01,
    tone_moved=0.03,
    i_for_y=0.02,
    upper_case=0.005,
    words_stuck=0.002,
    abbreviated=0.003,
    middle_dropped=0.003,
    order_swapped=0.002,
    keyboard_typo=0.008,
    misheard=0.003,
    regional_variant=0.001,
    newborn_unnamed=0.3,
    sex_wrong=0.001,
    birth_date_missing=0.003,
    day_month_swapped=0.003,
    first_january=0.005,
    birth_year_off_by_one=0.002,
    cccd_missing=0.10,
    cccd_missing_under_14=0.70,
    cccd_missing_over_75=0.20,
    cccd_of_parent=0.01,
    cccd_digit_wrong=0.003,
    cccd_zeros_lost=0.01,
    cmnd_missing=0.80,
    bhyt_missing=0.10,
    phone_missing=0.10,
    phone_changed=0.05,
    phone_of_family=0.10,
    phone_old_form=0.005,
    moved=0.03,
    moved_young_women=0.06,
)

TYPICAL = Errors(
    marks_lost=0.02,
    tone_moved=0.10,
    i_for_y=0.06,
    upper_case=0.03,
    words_stuck=0.005,
    abbreviated=0.008,
    middle_dropped=0.008,
    order_swapped=0.005,
    keyboard_typo=0.02,
    misheard=0.01,
    regional_variant=0.003,
    newborn_unnamed=0.6,
    sex_wrong=0.003,
    birth_date_missing=0.01,
    day_month_swapped=0.01,
    first_january=0.02,
    birth_year_off_by_one=0.006,
    cccd_missing=0.25,
    cccd_missing_under_14=0.85,
    cccd_missing_over_75=0.40,
    cccd_of_parent=0.03,
    cccd_digit_wrong=0.008,
    cccd_zeros_lost=0.03,
    cmnd_missing=0.85,
    bhyt_missing=0.20,
    phone_missing=0.20,
    phone_changed=0.10,
    phone_of_family=0.15,
    phone_old_form=0.01,
    moved=0.08,
    moved_young_women=0.15,
)

HARD = Errors(
    marks_lost=0.12,
    tone_moved=0.25,
    i_for_y=0.15,
    upper_case=0.08,
    words_stuck=0.015,
    abbreviated=0.03,
    middle_dropped=0.03,
    order_swapped=0.02,
    keyboard_typo=0.06,
    misheard=0.03,
    regional_variant=0.01,
    legacy_encoding=0.005,
    newborn_unnamed=0.85,
    sex_wrong=0.01,
    birth_date_missing=0.03,
    day_month_swapped=0.02,
    first_january=0.06,
    birth_year_off_by_one=0.015,
    cccd_missing=0.45,
    cccd_missing_under_14=0.90,
    cccd_missing_over_75=0.60,
    cccd_of_parent=0.06,
    cccd_digit_wrong=0.02,
    cccd_zeros_lost=0.08,
    cmnd_missing=0.92,
    bhyt_missing=0.35,
    phone_missing=0.30,
    phone_changed=0.15,
    phone_of_family=0.20,
    phone_old_form=0.02,
    moved=0.15,
    moved_young_women=0.30,
)

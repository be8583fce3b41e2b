"""What can be wrong with a number: a stable code, and the same in words."""

from __future__ import annotations

from typing import Final

PROBLEMS: Final = {
    "not_digits": "it holds other characters than the number's own",
    "wrong_length": "it has too few or too many characters, and no repair is certain",
    "placeholder": "one digit repeated: it was filled in to pass a form",
    "province_unknown": "its province code is none of the 63 provinces before July 2025",
    "century_impossible": "its century digit says that the person is born after 2099",
    "sex_differs": "its century digit says the other sex",
    "birth_year_differs": "its century digit and year differ from the birth date",
    "benefit_unknown": "its benefit level is not 1 to 5",
    "prefix_unknown": "it begins like no telephone number of the plans of 2017 and 2018",
    "personal_id_too_early": "a personal number where, before 1 August 2025, a BHXH code stands",
    "date_needed": "a personal number or a mistyped BHXH code: the record's date must say which",
    "ambiguous": "a BHXH code, or a personal number that has lost its zeros: the length cannot say",
}

"""Text of the fonts before Unicode, TCVN3 (ABC) and VNI, read as if it were Latin-1."""

from __future__ import annotations

import unicodedata

from hanoi_analytics.linkage.names.spelling import SYLLABLE, SYLLABLE_STRICT, TONES, replaced

# The lower half of TCVN 5712:1993, bytes 0xA1 to 0xFE, that the ABC fonts use. Letters stand here
# in lower case, since .VnTimeH shows the same bytes as capitals.
TCVN3 = dict(
    zip(
        "¡¢£¤¥¦§¨©ª«¬\u00ad®µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ",
        "ăâêôơưđăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
        strict=True,
    )
)
# VNI writes a mark after its letter; ơ, ư, đ and i with a tone are one letter.
VNI_LETTERS = dict(zip("ôöñæóòî", "ơưđỉĩịỵ", strict=True))
_VNI_MARKS = {
    # tones in the order of TONES: grave, acute, tilde, hook above, dot below
    "": "øùõûï",
    "\u0302": "àáãåä",  # with a circumflex
    "\u0306": "èéüúë",  # with a breve
}
_SEPARATOR = r"[\x00-\x40\x5b-\x60\x7b-\x7f\x{a0}]"


def _vni_pairs() -> dict[str, str]:
    written = {"aâ": "â", "eâ": "ê", "oâ": "ô", "aê": "ă"}
    for hat, marks in _VNI_MARKS.items():
        letters = {"": "aeouyơư", "\u0302": "aeo", "\u0306": "a"}[hat]
        for letter in letters:
            for mark, tone in zip(marks, TONES, strict=True):
                written[letter + mark] = unicodedata.normalize("NFC", letter + hat + tone)
    return written


VNI_PAIRS = _vni_pairs()


def from_tcvn3(expression: str) -> str:
    """Return SQL that reads text as TCVN3; in lower case."""
    return f"lower(translate({expression}, '{''.join(TCVN3)}', '{''.join(TCVN3.values())}'))"


def from_vni(expression: str) -> str:
    """Return SQL that reads text as VNI; in lower case."""
    old, new = "".join(VNI_LETTERS), "".join(VNI_LETTERS.values())
    singles = f"translate(lower({expression}), '{old}', '{new}')"
    return replaced(singles, VNI_PAIRS.items())


def reads_as_tcvn3(text: str, converted: str) -> str:
    """Return SQL that says whether `text` has TCVN3's characters alone and reads well."""
    own = rf"regexp_full_match({text}, '[\x00-\x{{a0}}{''.join(TCVN3)}]*')"
    return f"({own} AND {_is_vietnamese(converted, SYLLABLE_STRICT)})"


def reads_as_vni(converted: str) -> str:
    """Return SQL that says whether text that was read as VNI is Vietnamese."""
    return _is_vietnamese(converted, SYLLABLE_STRICT)


def _is_vietnamese(lower: str, syllable: str) -> str:
    # Bare consonants are initials.
    word = f"(?:{syllable}|[bcdđghklmnpqrstvx]{{1,2}})"
    return f"regexp_full_match({lower} || ' ', '(?:{_SEPARATOR}*{word}{_SEPARATOR})*{_SEPARATOR}*')"


def could_be_legacy(text: str) -> str:
    """Return SQL that says whether text may be of an old font.

    It has Latin-1 letters or signs, none beyond Latin-1 (where most of Vietnamese stands), and does
    not read as Vietnamese already: a rightly spelled name is never converted.
    """
    low = r"[\x00-\x{ff}]*"
    return (
        rf"coalesce(regexp_full_match({text}, '{low}[\x{{a1}}-\x{{ff}}]{low}')"
        f" AND NOT {_is_vietnamese(f'lower({text})', SYLLABLE)}, FALSE)"
    )

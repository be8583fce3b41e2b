"""The keys of a name as one SQL query for DuckDB, the only implementation; rows stream."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from hanoi_analytics.linkage.names import families, legacy
from hanoi_analytics.linkage.names.spelling import (
    SYLLABLE,
    plain_sql,
    replaced,
    tone_placed,
    y_for_i,
)

KEYS = (
    "name",
    "name_plain",
    "name_sorted",
    "family",
    "middle",
    "given",
    "swapped",
    "initials",
    "variant_key",
    "legacy",
    "nameless",
)
# Digits (a counter after a name) and characters of no width go; they stand inside words as well.
_UNSEEN = r"[0-9\x{ad}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}\x{feff}]"
_VOWELS = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"


def keys_sql(source: str, column: str) -> str:
    """Return a query that adds the keys of names to a table.

    Parameters
    ----------
    source : str
        What stands after FROM: a table, a view, ``read_parquet('register/*.parquet')``. It has no
        column named as a key.
    column : str
        The column of full names, text.

    Returns
    -------
    str
        A SELECT of all columns of `source` and the keys that :func:`normalise` describes. Rows
        stream through it: memory does not grow with their number.

    Examples
    --------
    >>> import duckdb
    >>> rows = keys_sql("(SELECT 'HÙYNH  THỊ MĨ' AS full_name)", "full_name")
    >>> duckdb.sql(f"SELECT name, family, given, variant_key FROM ({rows})").fetchall()
    [('huỳnh thị mỹ', 'huỳnh', 'mỹ', 'hoang thi my')]
    """
    query = f'SELECT *, "{column}" AS _raw FROM {source}'
    for layer in _LAYERS:
        columns = ", ".join(f"{sql} AS {name}" for name, sql in layer.items())
        query = f"SELECT *, {columns} FROM ({query})"
    made = [name for layer in _LAYERS for name in layer]
    hidden = ", ".join(name for name in ["_raw", *made] if name not in KEYS)
    kept = ", ".join(KEYS)
    return f"SELECT * EXCLUDE ({hidden}, {kept}), {kept} FROM ({query})"


def _among(words: Iterable[str]) -> str:
    return "(" + ", ".join(f"'{word}'" for word in words) + ")"


def _unmarked(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word).replace("đ", "d")
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _with_unmarked(words: Iterable[str]) -> list[str]:
    return sorted({form for word in words for form in (word, _unmarked(word))})


def _letters(text: str) -> str:
    """Letters alone, with one space between words, in Unicode NFC."""
    seen = f"regexp_replace({text}, '{_UNSEEN}', '', 'g')"
    tilde = f"regexp_replace({seen}, '([{_VOWELS}])~', '\\1\u0303', 'g')"
    words = rf"trim(regexp_replace(nfc_normalize({tilde}), '[^\p{{L}}\p{{M}}]+', ' ', 'g'))"
    clean = r"'\p{L}+(?: \p{L}+)*'"
    return f"CASE WHEN regexp_full_match({text}, {clean}) THEN {text} ELSE {words} END"


def _split_by_case(words: str) -> str:
    """NguyễnVăn is two words; a slip of the Shift or Caps Lock key (nGUYỄN, NguyễN) is not."""
    stuck = rf"regexp_matches({words}, '\p{{Ll}}\p{{Lu}}')"
    slips = r"(?:^| )\p{Ll}\p{Lu}|\p{Ll}[BCDĐGHKLMNPQRSTVX](?: |$)"
    slipped = f"regexp_matches({words}, '{slips}')"
    split = rf"regexp_replace({words}, '(\p{{Ll}})(\p{{Lu}})', '\1 \2', 'g')"
    return f"CASE WHEN {stuck} AND NOT {slipped} THEN {split} ELSE {words} END"


def _padded(words: str) -> str:
    # Icelandic eth stands for đ in much Vietnamese text: the two capitals look alike.
    return (
        f"' ' || replace({replaced(f'lower({words})', [('ð', 'đ'), ('ɖ', 'đ')])}, ' ', '  ') || ' '"
    )


def _split_after_family(padded: str) -> str:
    """A first word that is no syllable but a frequent family name and a syllable is two words."""
    family = "|".join([*families.FREQUENT, *families.FREQUENT_PLAIN])
    stuck = rf"regexp_matches({padded}, '^ (?:{family})\p{{L}}{{2,}} ')"
    one = f"regexp_matches({padded}, '^ {SYLLABLE} ')"
    split = rf"regexp_replace({padded}, '^ ({family})({SYLLABLE}) ', ' \1  \2 ')"
    return f"CASE WHEN {stuck} AND NOT {one} THEN {split} ELSE {padded} END"


def _nguyen_in_full(padded: str) -> str:
    """Ng. and Ng~ are Nguyễn, the one shortened family name that has one meaning."""
    return (
        f"CASE WHEN starts_with({padded}, ' ng ') THEN ' nguyễn' || {padded}[4:] ELSE {padded} END"
    )


def _swapped() -> str:
    """Whether the family is last, or second before a middle word that is never a given name."""
    last = (
        f"_last IN {_among(families.FREQUENT)} "
        f"OR (name = name_plain AND _last IN {_among(families.FREQUENT_PLAIN)})"
    )
    second = (
        f"_last IN {_among(families.MIDDLE_ONLY)} "
        f"AND split_part(name, ' ', 2) IN {_among(_with_unmarked(families.FREQUENT))}"
    )
    usual = f"_first IN {_among(_with_unmarked(families.FAMILIES))}"
    return (
        f"CASE WHEN {usual} OR NOT contains(name, ' ') THEN NULL "
        f"WHEN {last} THEN 'last' WHEN {second} THEN 'second' END"
    )


def _in_order() -> str:
    """The words family first: An Văn Nguyễn is turned round, Minh An Nguyễn moves one word."""
    return (
        f"CASE WHEN _order IS NULL THEN name WHEN _order = 'second' OR "
        f"split_part(name, ' ', -2) NOT IN {_among(families.MIDDLE_ONLY)} THEN "
        "CASE _order WHEN 'last' THEN _last || ' ' || name[:-length(_last) - 2] "
        "ELSE name[length(_first) + 2:] || ' ' || _first END "
        "ELSE array_to_string(list_reverse(string_split(name, ' ')), ' ') END"
    )


def _family() -> str:
    forms = _with_unmarked(families.COMPOUND)
    starts = sorted({form.split()[0] for form in forms})
    compound = (
        rf"regexp_extract(_ordered, '^({'|'.join(sorted(forms, key=len)[::-1])}) \p{{L}}', 1)"
    )
    first = "split_part(_ordered, ' ', 1)"
    return (
        "CASE WHEN NOT contains(name, ' ') THEN NULL "
        f"WHEN {first} IN {_among(starts)} THEN coalesce(nullif({compound}, ''), {first}) "
        f"ELSE {first} END"
    )


def _variant_key() -> str:
    groups = families.VARIANTS | {_unmarked(k): _unmarked(v) for k, v in families.VARIANTS.items()}
    padded = "' ' || replace(name, ' ', '  ') || ' '"
    grouped = replaced(padded, [(f" {old} ", f" {new} ") for old, new in groups.items()])
    found = f"regexp_matches(name, '(?:^| )(?:{'|'.join(groups)})(?: |$)')"
    plain = plain_sql(f"trim(replace({grouped}, '  ', ' '))")
    return f"CASE WHEN {found} THEN {plain} ELSE name_plain END"


# Each layer is a SELECT over the one before; columns that are no key are dropped at the end.
_LAYERS: tuple[dict[str, str], ...] = (
    {"_suspect": legacy.could_be_legacy("_raw")},
    {
        "_tcvn3": f"CASE WHEN _suspect THEN {legacy.from_tcvn3('_raw')} END",
        "_vni": f"CASE WHEN _suspect THEN {legacy.from_vni('_raw')} END",
    },
    {
        "_is_tcvn3": f"CASE WHEN _suspect THEN {legacy.reads_as_tcvn3('_raw', '_tcvn3')} END",
        "_is_vni": f"CASE WHEN _suspect THEN {legacy.reads_as_vni('_vni')} END",
    },
    # Text that reads well in both fonts is left alone.
    {
        "legacy": "CASE WHEN _is_tcvn3 AND NOT _is_vni THEN 'tcvn3' "
        "WHEN _is_vni AND NOT _is_tcvn3 THEN 'vni' END"
    },
    {"_text": "CASE legacy WHEN 'tcvn3' THEN _tcvn3 WHEN 'vni' THEN _vni ELSE _raw END"},
    {"_words": _letters("_text")},
    {"_cased": _split_by_case("_words")},
    {"_padded": _padded("_cased")},
    {"_split": _split_after_family("_padded")},
    {"_full": _nguyen_in_full("_split")},
    {"_open": tone_placed("_full", where="open")},
    {"_rising": tone_placed("_open", where="rising")},
    {"_toned": tone_placed("_rising", where="closed")},
    {"_written": y_for_i("_toned")},
    {"_name": "nullif(trim(replace(_written, '  ', ' ')), '')"},
    {"nameless": f"coalesce(regexp_matches(_name, '{families.NAMELESS}'), FALSE)"},
    {"name": "CASE WHEN NOT nameless THEN _name END"},
    {
        "name_plain": plain_sql("name"),
        "_first": "split_part(name, ' ', 1)",
        "_last": "split_part(name, ' ', -1)",
    },
    {
        "name_sorted": "array_to_string(list_sort(string_split(name_plain, ' ')), ' ')",
        "variant_key": _variant_key(),
        "initials": "coalesce(regexp_matches(name, '(?:^| )[bcdđghklmnpqrstvx](?: |$)'), FALSE)",
        "_order": _swapped(),
    },
    {"swapped": "_order IS NOT NULL", "_ordered": _in_order()},
    {"family": _family(), "given": "split_part(_ordered, ' ', -1)"},
    {
        "middle": "CASE WHEN family IS NOT NULL THEN "
        "nullif(trim(_ordered[length(family) + 1:-length(given) - 1]), '') END"
    },
)

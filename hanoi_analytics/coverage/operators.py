"""Viet Nam's mobile operators, by the codes and the spellings that files have for them."""

from __future__ import annotations

from types import MappingProxyType

import pandas as pd

from hanoi_analytics.tables import Sorter

#: Mobile network codes of Viet Nam (mobile country code 452): general knowledge, not confirmed.
OPERATORS = MappingProxyType(
    {1: "MobiFone", 2: "VinaPhone", 4: "Viettel", 5: "Vietnamobile", 7: "Gmobile"}
)


def brands(words: pd.Series[str]) -> pd.Series[str]:
    """Return the brands that words name, and other words as they are.

    Examples
    --------
    >>> brands(pd.Series(["VIETTEL", "Viettel Mobile", "452-04", "4", "VNPT"])).tolist()
    ['Viettel', 'Viettel', 'Viettel', 'Viettel', 'VNPT']
    """
    simple = words.str.lower().str.replace(r"[^a-z0-9]", "", regex=True)
    named = words.copy()
    for code, brand in OPERATORS.items():
        is_it = simple.str.contains(brand.lower(), regex=False) | simple.str.fullmatch(
            rf"(?:452)?0?{code}"
        )
        named = named.mask(is_it.fillna(value=False).astype(bool), brand)
    return named


def read_operators(sorter: Sorter) -> pd.Series[str]:
    """Return the column ``operator`` with the brands that its words name."""
    words = sorter.words("operator")
    named = brands(words)
    pairs = pd.DataFrame({"word": words, "brand": named})[words.notna() & (words != named)]
    for word, brand in pairs.drop_duplicates().head(10).to_numpy():
        sorter.taken.append(f"operator {word!r} as {brand}")
    return named

"""What a reader of networks returns, and the part of it that one operator runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from hanoi_analytics.coverage.checks import CoverageError
from hanoi_analytics.errors import nearest


@dataclass(frozen=True)
class Network:
    """A sector table and what its reader did to get it.

    Attributes
    ----------
    sectors : pandas.DataFrame
        The sector table, see `check_sectors`.
    rejected : pandas.DataFrame
        Rows not used: ``row`` (the number a spreadsheet shows), ``reason`` (all of them, "; "
        between), and the columns of the file as they stand.
    accepted : int
        Rows that are used; with the rejected ones they are all rows of the file.
    filled : mapping of str to int
        For how many rows (of OpenCelliD: sites) a column was filled, because nothing stood there.
    notes : tuple of str
        What was read, assumed and refused, in sentences.
    """

    sectors: pd.DataFrame
    rejected: pd.DataFrame
    accepted: int
    filled: Mapping[str, int]
    notes: tuple[str, ...]


def of_operator(sectors: pd.DataFrame, operator: str) -> pd.DataFrame:
    """Return the sectors of one operator, with their sources.

    Parameters
    ----------
    sectors : pandas.DataFrame
        A sector table.
    operator : str
        As the table has it.

    Raises
    ------
    CoverageError
        An operator without a sector there, with those that have some.

    Examples
    --------
    >>> from hanoi_analytics import catalogue
    >>> network = catalogue.load("hanoi_network_simulated", bts=60)
    >>> of_operator(network, "Viettel")["band"].unique()[0]
    'n41'
    """
    known = sectors["operator"].unique().tolist()
    if operator not in known:
        raise CoverageError(f"no sector of operator {operator!r}; {nearest(operator, known)}")
    chosen = sectors[sectors["operator"] == operator].reset_index(drop=True)
    chosen.attrs = dict(sectors.attrs)
    return chosen

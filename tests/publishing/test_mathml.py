import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from hanoi_analytics.publishing.mathml import FormulaError, mathml, mathml_of_output


def tags(formula: str) -> list[str]:
    return [element.name for element in BeautifulSoup(formula, "html.parser").find_all(True)]


def words(formula: str) -> str:
    return BeautifulSoup(formula, "html.parser").get_text()


def test_a_fraction() -> None:
    assert tags(mathml(r"\frac{P_i}{A_i}")) == [
        "math", "mrow", "mfrac", "mrow", "msub", "mi", "mi", "mrow", "msub", "mi", "mi",
    ]  # fmt: skip


def test_display_is_stated() -> None:
    assert ' display="block">' in mathml("x", display=True)
    assert ' display="inline">' in mathml("x")


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        (r"\alpha \leq \beta", "α≤β"),
        (r"a < b", "a<b"),
        (r"\epsilon \sim \mathcal{N}", "ϵ∼𝒩"),
        (r"\text{dân số}", "dân\u00a0số"),
        (r"\text{<script>alert(1)</script>}", "<script>alert(1)</script>"),
        (r"\text{&lt;script&gt;}", "<script>"),
        (r"42.7\%", "42.7%"),
    ],
)
def test_what_a_reader_sees(latex: str, shown: str) -> None:
    assert words(mathml(latex)) == shown


def test_text_in_a_formula_is_escaped() -> None:
    assert "<script" not in mathml(r"\text{<script>alert(1)</script>}")


def test_signs_taken_for_letters_become_operators() -> None:
    assert tags(mathml(r"a \pm b")) == ["math", "mrow", "mi", "mo", "mi"]


@pytest.mark.parametrize("name", ["align", "align*", "aligned"])
def test_aligned_equations_make_rows_without_numbers(name: str) -> None:
    made = mathml(rf"\begin{{{name}}} a &= b \\ c &= d \end{{{name}}}")
    assert tags(made).count("mtr") == 2
    assert words(made) == "a=bc=d"


@pytest.mark.parametrize(
    ("latex", "reason"),
    [
        ("", "cannot be read"),
        (r"\frack{1}{2}", r"unknown command '\\frack'"),
        (r"\label{eq:1} x", r"unknown command '\\label'"),
        (r"\frac{a}", "lacks an argument"),
        (r"\left( x", "cannot be read"),
        ("x^2^3", "cannot be read"),
        ("x_{1", "braces"),
        ("x}{", "braces"),
        ("a & b", "outside a matrix"),
        (r"a \\ b", "breaks a line"),
        (r"\begin{gather} a \end{gather}", "environment 'gather'"),
        (r"\href{javascript:alert(1)}{x}", "'href'"),
        (r"\style{background:url(http://x)}{x}", "'style'"),
    ],
)
def test_a_formula_that_cannot_be_read_is_named(latex: str, reason: str) -> None:
    with pytest.raises(FormulaError, match="the formula") as raised:
        mathml(latex)
    assert reason in str(raised.value)
    assert repr(latex) in str(raised.value)


@pytest.mark.parametrize("latex", ["$x$", "$$x$$", r"\[x\]", "x", r"$\displaystyle x$"])
def test_an_output_loses_its_delimiters(latex: str) -> None:
    assert words(mathml_of_output(latex)) == "x"


LATEX = st.lists(
    st.sampled_from(
        [
            r"\frac",
            r"\sqrt",
            r"\begin{cases}",
            r"\end{cases}",
            r"\left(",
            r"\right)",
            r"\text{<b>}",
            r"\sum",
            "{",
            "}",
            "^",
            "_",
            "&",
            r"\\",
            "x",
            "1",
            " ",
            "[",
            "]",
            r"\mathbf",
            r"\hat",
            "<",
            r"\color",
            r"\rule",
            r"\operatorname",
            r"\unicode",
            r"\newcommand",
            r"\limits",
            "'",
            "~",
        ]
    ),
    max_size=12,
).map("".join)


@settings(deadline=None)
@given(st.text(max_size=30) | LATEX)
def test_any_text_is_a_formula_or_a_named_error(latex: str) -> None:
    try:
        made = mathml(latex)
    except FormulaError as error:
        assert "the formula" in str(error)
    else:
        assert made.startswith("<math ")
        assert "<b>" not in made

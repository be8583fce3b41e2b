"""The HTML around a map: caption, legend and the table that stands in for tooltips."""

from __future__ import annotations

import html
from collections.abc import Sequence

from hanoi_analytics.maps.layers import Table
from hanoi_analytics.maps.legends import Legend, Ramp, Swatch
from hanoi_analytics.provenance import Provenance

TABLE_ROWS_MAX = 1_000

STYLE = """<style>
figure.map{display:flex;flex-wrap:wrap;gap:.75rem 1.25rem;margin:1rem 0}
figure.map>.map-screen{flex:999 1 28rem;min-width:0}
figure.map>figcaption{flex:1 1 14rem;font-size:.875rem;line-height:1.4}
figure.map iframe{display:block;outline:1px solid #b8b8b8;outline-offset:-1px}
figure.map p{margin:0 0 .5rem}
figure.map .map-title{font-size:1rem;font-weight:700}
figure.map .map-simulated{display:inline-block;background:#a3160c;color:#fff;font-weight:700;\
padding:.1rem .4rem}
figure.map .map-heading{font-weight:600;margin:.75rem 0 .35rem}
figure.map .map-legend ul{list-style:none;margin:0 0 .75rem;padding:0}
figure.map .map-legend li{display:flex;align-items:center;gap:.5rem;margin:.2rem 0}
figure.map .map-swatch{flex:none;display:inline-block;width:1.4rem;height:1rem;\
border:1px solid #4a4a4a;print-color-adjust:exact}
figure.map .map-circle{border-radius:50%;box-sizing:border-box}
figure.map .map-circle-box{flex:none;display:flex;justify-content:center}
figure.map .map-ramp{height:1rem;border:1px solid #4a4a4a}
figure.map .map-ramp-labels{position:relative;height:1.4em;margin:.15rem 0 .75rem}
figure.map .map-ramp-labels span{position:absolute;white-space:nowrap}
figure.map>.map-table{flex:1 1 100%;min-width:0;font-size:.875rem}
figure.map>.map-table>div{max-height:24rem;overflow:auto}
figure.map .map-table table{border-collapse:collapse}
figure.map .map-table th,figure.map .map-table td{padding:.2rem .6rem;text-align:left}
figure.map .map-table .number{text-align:right}
@media print{figure.map{display:block;break-inside:avoid}
figure.map>.map-screen,figure.map>figcaption,figure.map>.map-table{display:none}
figure.map>.map-print{display:block!important;width:15cm;max-width:100%}}
</style>"""


def escaped(text: str) -> str:
    """Return text that is safe inside HTML, inside an attribute, and inside a Jinja template.

    Examples
    --------
    >>> escaped('<b>"{{ x }}"')
    '&lt;b&gt;&quot;&#123;&#123; x &#125;&#125;&quot;'
    """
    # folium renders what it wrote as a template once more: braces in a name would be run.
    return html.escape(text, quote=True).replace("{", "&#123;").replace("}", "&#125;")


def caption_html(title: str, legends: Sequence[Legend], origin: Provenance) -> str:
    """Return the ``<figcaption>``: title, legends, notes and source line."""
    simulated = '<p class="map-simulated">SIMULATED DATA</p>' if origin.simulated else ""
    notes = "".join(f'<p class="map-note">{escaped(note)}</p>' for note in origin.notes)
    return (
        f'<figcaption>{simulated}<p class="map-title">{escaped(title)}</p>'
        f"{''.join(map(_legend_html, legends))}{notes}</figcaption>"
    )


def table_html(table: Table | None) -> str:
    """Return the features' values as a folded table, for readers who cannot point at the map."""
    if table is None or not table.headings:
        return ""
    if len(table.rows) > TABLE_ROWS_MAX:
        return (
            f'<p class="map-table">The map shows {len(table.rows):,} features; '
            f"a table is given up to {TABLE_ROWS_MAX:,}.</p>"
        )
    kinds = [' class="number"' if numeric else "" for numeric in table.numeric]
    head = "".join(
        f'<th scope="col"{kind}>{escaped(heading)}</th>'
        for heading, kind in zip(table.headings, kinds, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{kind}>{escaped(cell)}</td>" for cell, kind in zip(row, kinds, strict=True))
        + "</tr>"
        for row in table.rows
    )
    return (
        f'<details class="map-table"><summary>The map as a table ({len(table.rows):,} rows)'
        '</summary><div tabindex="0" role="region" aria-label="The map as a table"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></details>"
    )


def _legend_html(legend: Legend) -> str:
    scale = _ramp_html(legend.ramp) if legend.ramp else ""
    items = "".join(f"<li>{_swatch_html(one)}{escaped(one.label)}</li>" for one in legend.swatches)
    return (
        f'<div class="map-legend"><p class="map-heading">{escaped(legend.heading)}</p>'
        f"{scale}{f'<ul>{items}</ul>' if items else ''}</div>"
    )


def _swatch_html(swatch: Swatch) -> str:
    if swatch.diameter_px is None:
        return f'<span class="map-swatch" style="background:{swatch.colour}"></span>'
    side = f"{swatch.diameter_px:.0f}px"
    return (
        '<span class="map-circle-box" style="width:36px"><span class="map-swatch map-circle" '
        f'style="width:{side};height:{side};background:{swatch.colour}"></span></span>'
    )


def _ramp_html(ramp: Ramp) -> str:
    labels = "".join(
        f'<span style="left:{share:.1%};transform:translateX(-{share:.1%})">{escaped(text)}</span>'
        for share, text in ramp.ticks
    )
    return (
        f'<div class="map-ramp" style="background:linear-gradient(90deg,{",".join(ramp.colours)})">'
        f'</div><div class="map-ramp-labels">{labels}</div>'
    )

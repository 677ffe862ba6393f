"""The report: one HTML file that needs nothing else. Figures are inside it; no script, no request, light, printable."""

import numbers
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from labgpt.record import write_atomic

from .style import as_html

CSS = """
body{font:16px/1.5 system-ui,sans-serif;color:#222;background:#fff;max-width:760px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin-bottom:.2rem}h2{font-size:1.2rem;margin-top:2.2rem;border-bottom:1px solid #ddd;padding-bottom:.2rem}
h3{font-size:1rem;margin:1.6rem 0 .4rem}figure{margin:0 0 1rem}figcaption{font-size:.9rem;color:#444}
img{display:block;max-width:100%;height:auto}.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.78rem;font-variant-numeric:tabular-nums;margin:.5rem 0}
th,td{padding:.2rem .4rem;border-bottom:1px solid #e3e3e3;text-align:right;white-space:nowrap}
th{background:#f5f5f5}th:first-child,td:first-child{text-align:left}td.text{text-align:left;white-space:normal;overflow-wrap:anywhere}
li{margin:.25rem 0}
@media print{body{margin:0;max-width:none}.wide{overflow:visible}
figure,tr,li{break-inside:avoid}h2,h3{break-after:avoid}table{font-size:.66rem}}
"""


def write(path: str | Path, summary: Mapping, figures: Sequence[tuple[str, object]], tables: Mapping[str, object] | None = None,
          notes: Sequence[str] = (), cannot_say: Sequence[str] = (), title: str = "Scaling curves") -> Path:  # fmt: skip
    """Write the report, whole or not at all; returns its path.

    summary: as summary.json (seconds, points, fits, forecast, world, environment; what is missing is left out). figures:
    [(title, Figure)]. tables: {name: DataFrame}. notes: what was found, a sentence each. cannot_say: what it does not show.
    """
    parts = [
        f"<h1>{escape(title)}</h1>",
        _head(summary),
        _section("Found", _list(notes)),
        _section("The laws", _laws(summary.get("fits", {}))),
        _section("The forecast, scored", _forecast(summary.get("forecast", {}))),
        _section("Figures", "".join(f"<h3>{escape(name)}</h3>{as_html(figure)}" for name, figure in figures)),
        _section("What this can’t say", _list(cannot_say)),
        _section("Tables", "".join(f"<h3>{escape(name)}</h3>{_frame(frame)}" for name, frame in (tables or {}).items())),
        _section("Environment", _pairs(summary.get("environment", {}))),
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title><style>{CSS}</style>'
    write_atomic(path, f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n')
    return Path(path)


def _section(name: str, body: str) -> str:
    return f"<h2>{escape(name)}</h2>{body}" if body else ""


def _head(summary: Mapping) -> str:
    said = [f"{summary['points']} points"] if "points" in summary else []
    said += [f"{summary['seconds'] / 60:.1f} minutes"] if "seconds" in summary else []
    return f"<p>{', '.join(said)}</p>" if said else ""


def _list(sentences: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(sentence.strip())}</li>' for sentence in sentences)}</ul>" if len(sentences) else ""


def _laws(fits: Mapping) -> str:
    """L(N, D) = E + A/N^alpha + B/D^beta of each corpus, with ranges; the truth beside E where it is known."""
    out = []
    for corpus, fit in fits.items():
        rows = [[p, *(fit[p].get(key) for key in ("value", "low", "high"))] for p in ("E", "A", "B", "alpha", "beta") if p in fit]
        out.append(f"<h3>{escape(corpus)}: L(N, D) = E + A/N<sup>alpha</sup> + B/D<sup>beta</sup></h3>")
        out.append(_table(["", "value", "range, low", "range, high"], rows))
        if fit.get("true_E") is not None and (fit["E"].get("low") is not None):
            E = fit["E"]
            out.append(
                f"<p>True E {fit['true_E']:.4f}: the fitted E is off by {E['value'] - fit['true_E']:+.4f} nats; its range, "
                f"{E['high'] - E['low']:.4f} wide, {'covers' if E['low'] <= fit['true_E'] <= E['high'] else 'misses'} the "
                f"truth. Smallest excess measured: {_cell(fit.get('smallest_excess'))} nats.</p>"
            )
        out.append(_list(fit.get("warnings", ())))
    return "".join(out)


def _forecast(found: Mapping) -> str:
    order = ("predicted", "low", "high", "measured", "relative_error", "inside", "sealed_at", "trained_at", "fit_from_tokens", "sha256")
    said = {key: found[key] for key in order if key in found}
    return _pairs(said | ({"relative_error": f"{said['relative_error']:+.2%}"} if "relative_error" in said else {}))


def _pairs(found: Mapping) -> str:
    return _table(["", ""], [[key.replace("_", " "), value] for key, value in found.items()]) if found else ""


def _frame(frame) -> str:
    """A DataFrame as a table; one wider than long is turned, so that it fits a page: its first column becomes the head."""
    if 0 < len(frame) < len(frame.columns) - 1:
        first, *rest = frame.columns
        return _table([str(first), *map(str, frame[first])], [[column, *frame[column]] for column in rest])
    return _table([str(column) for column in frame.columns], frame.itertuples(index=False, name=None))


def _table(header: Sequence[str], rows) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in header) if any(header) else ""
    body = "".join(f"<tr>{''.join(_data(value) for value in row)}</tr>" for row in rows)
    return f'<div class="wide"><table>{f"<thead><tr>{head}</tr></thead>" if head else ""}<tbody>{body}</tbody></table></div>'


def _data(value) -> str:
    text = isinstance(value, str) and len(value) > 24  # a hash may break, a number must not
    return f'<td class="text">{_cell(value)}</td>' if text else f"<td>{_cell(value)}</td>"


def _cell(value) -> str:
    """Whole numbers whole, others with five digits, a dash for what is not known."""
    if value is None or value != value:
        return "–"
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return escape(str(value))
    if isinstance(value, numbers.Integral):
        return f"{value:,}" if abs(value) < 1e9 else f"{value:.3e}"
    return f"{value:,.0f}" if 1e5 <= abs(value) < 1e9 else f"{value:.5g}"

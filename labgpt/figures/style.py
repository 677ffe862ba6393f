"""What all figures share: one look, axes that name their unit, ticks people read, labels at the lines, captions.

Drawn 7 inches wide, so that a 10-point letter is still one at 700 pixels. Markers and line styles differ wherever
colours do: a figure printed in grey says the same.
"""

import base64
import html
import io
from collections.abc import Callable, Iterable, Sequence
from functools import cache, wraps
from pathlib import Path

import numpy as np

from labgpt.record import write_atomic

WIDTH, DPI = 7.0, 140  # inches, pixels an inch
INK, GREY, RED, BLUE = "#222222", "#8a8a8a", "#b3261e", "#3b6ea8"
MARKERS = "os^DvPX<>hp"
BEST = {"color": RED, "marker": "D", "markerfacecolor": "none", "markeredgewidth": 1.8, "markersize": 11}  # a star is your run
LINES = ["-", "--", "-.", ":", (0, (6, 1.5)), (0, (3, 1, 1, 1)), (0, (1, 1.5)), (0, (6, 2, 2, 2))]
RC = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same letters on every machine
    "font.size": 10.5,
    "axes.titlesize": 10.5,
    "axes.labelsize": 10.5,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#555555",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.8,
    "lines.markersize": 6,
    "lines.linewidth": 1.6,
}
AXES = {
    "n_matmul": "model size N (matmul weights)",
    "n_total": "model size N (all weights)",
    "n_nonemb": "model size N (weights of the blocks)",
    "tokens": "training length D (tokens)",
    "flops": "training compute C (FLOPs; G = 10⁹, T = 10¹²)",
    "val_loss": "validation loss (nats/token)",
    "train_loss": "training loss (nats/token)",
    "bits_per_byte": "validation loss (bits/byte)",
    "seconds": "training time (s)",
    "tokens_per_s": "speed (tokens/s)",
    "d_model": "width d_model (features)",
    "batch_size": "batch size (sequences)",
    "world_size": "world size W (processes)",
    "epochs": "epochs (times each token was read)",
    "weight_decay": "weight decay (share per unit of learning rate)",
    "copies": "copies of the copied quarter (times it stands there)",
    "rate": "learning rate (no unit)",
    "factor": "factor on the learning rates (no unit)",
}


def styled(make: Callable) -> Callable:
    """Draw in the house's look, whatever the notebook around it has set, and leave its settings alone."""

    @wraps(make)
    def drawn(*args, **kwargs):
        import matplotlib

        with matplotlib.rc_context(RC):
            return make(*args, **kwargs)

    return drawn


@cache
def _figure_class():
    from matplotlib.figure import Figure

    class LabFigure(Figure):
        """A Figure that knows its caption and its alt text, and brings both along into a notebook."""

        labgpt_caption = labgpt_alt = ""

        def _repr_mimebundle_(self, include=None, exclude=None):
            return {"text/html": as_html(self), "text/plain": f"Figure: {self.labgpt_alt} {self.labgpt_caption}"}

    return LabFigure


def canvas(rows: int = 1, columns: int = 1, height: float = 4.4, **grid):
    """(figure, axes) of the standard width; `axes` as from Figure.subplots."""
    figure = _figure_class()(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **grid)


def told(figure, caption: str, alt: str):
    """Give the finished figure its caption (takeaway and n) and its alt text; returns it.

    A logarithmic axis says so after its unit. The layout is settled here, by two rounds: one moves the axes, and with
    them what hangs on their ends. Drawn later, at any resolution and as often as wanted, nothing moves.
    """
    figure.labgpt_caption, figure.labgpt_alt = caption, alt
    for axis in [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]:
        if axis.get_scale() == "log" and axis.get_label_text().endswith(")"):
            axis.set_label_text(f"{axis.get_label_text()[:-1]}, log)")
    for _ in range(2):
        figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure


def png(figure, dpi: int = DPI) -> bytes:
    """The figure as PNG bytes, in its 256 commonest colours, a third of the size; the same figure gives the same bytes."""
    import matplotlib
    from PIL import Image, PngImagePlugin

    drawn, out, about = io.BytesIO(), io.BytesIO(), PngImagePlugin.PngInfo()
    with matplotlib.rc_context(RC):
        figure.savefig(drawn, format="png", dpi=dpi)
    about.add_itxt("Description", getattr(figure, "labgpt_alt", ""))
    image = Image.open(drawn).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    image.save(out, "PNG", optimize=True, pnginfo=about)
    return out.getvalue()


def save(figure, path: str | Path) -> Path:
    """Write the figure as a PNG of 980 pixels' width, whole or not at all; returns the path."""
    write_atomic(path, png(figure))
    return Path(path)


def as_html(figure) -> str:
    """<figure> with the PNG inside it, its alt text and its caption."""
    alt, caption = (html.escape(getattr(figure, f"labgpt_{name}", "")) for name in ("alt", "caption"))
    data = base64.b64encode(png(figure)).decode()
    image = f'<img alt="{alt}" width="700" style="max-width:100%" src="data:image/png;base64,{data}">'
    return f'<figure style="margin:0">{image}<figcaption style="max-width:700px">{caption}</figcaption></figure>'


def short(value: float) -> str:
    """10_112 -> "10k", 1_310_720 -> "1.3M", 2e11 -> "200G": how a number is said, not all its digits."""
    for size, suffix in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 0.9995 * size:
            scaled = value / size
            return f"{scaled:.0f}{suffix}" if scaled >= 9.95 else f"{scaled:.1f}".removesuffix(".0") + suffix
    return f"{value:.3g}"


def shades(count: int) -> list:
    """Colours for an ordered family, light to dark: the order survives in grey."""
    from matplotlib import colormaps

    return [colormaps["viridis"](at) for at in (np.linspace(0.78, 0.0, count) if count > 1 else [0.3])]


def looks(count: int) -> Iterable[dict]:
    """Colour, marker and line style for each member of an ordered family."""
    for i, colour in enumerate(shades(count)):
        yield {"color": colour, "marker": MARKERS[i % len(MARKERS)], "linestyle": LINES[i % len(LINES)]}


def log_axis(axis, values: Sequence[float], label: str = "", margin: float = 0.06, gap: float = 0.085, exact: bool = True) -> None:
    """A logarithmic axis over `values`, ticked at these very values (exact, and at most 12 of them) or at 1, 2, 5 × 10^k.

    label: a column of AXES, shown as what it is and its unit, or the words themselves.
    Ticks stand `gap` of the axis apart or more: of the values the two ends come first, and whole decades may stay alone.
    """
    values = np.unique(np.asarray(values, dtype=float))
    low, high = np.log(values[0]), np.log(values[-1])
    pad = margin * (high - low) if high > low else 0.5
    apart, kept = gap * (high - low + 2 * pad), []
    if exact and len(values) <= 12:
        for tick in map(float, [values[-1], values[0], *values[-2:0:-1]]):
            if all(abs(np.log(tick / other)) > apart for other in kept):
                kept.append(float(tick))
    else:
        for steps in ((1, 1.5, 2, 3, 4, 5, 6, 8), (1, 2, 5), (1, 3), (1,)):
            nice = np.array([m * 10.0**k for k in range(-6, 19) for m in steps])
            kept = nice[(np.log(nice) > low - pad) & (np.log(nice) < high + pad)].tolist()
            if np.diff(np.log(kept)).min(initial=np.inf) > apart:
                break
    _logarithmic(axis, np.exp(low - pad), np.exp(high + pad), sorted(kept), short, label)


def loss_axis(axes, values: Sequence[float], label: str = "val_loss", margin: float = 0.06) -> None:
    """A logarithmic loss axis (a power law without a floor is straight on it) with plain ticks, labelled as log_axis is."""
    from matplotlib.ticker import MaxNLocator

    values = np.asarray(values, dtype=float)
    low, high = np.log(values.min()), np.log(values.max())
    pad = max(margin * (high - low), 0.002)
    bottom, top = np.exp(low - pad), np.exp(high + pad)
    ticks = [t for t in MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]).tick_values(bottom, top) if bottom <= t <= top]
    digits = max((len(f"{t:.5g}".partition(".")[2]) for t in ticks), default=2)
    _logarithmic(axes.yaxis, bottom, top, ticks, lambda value: f"{value:.{digits}f}", label)


def _logarithmic(axis, low: float, high: float, ticks: Sequence[float], spell: Callable[[float], str], label: str) -> None:
    axis.axes.set(**{f"{axis.axis_name}scale": "log", f"{axis.axis_name}lim": (low, high)})
    axis.set_ticks(ticks)
    axis.set_ticks([], minor=True)
    axis.set_major_formatter(lambda value, _: spell(value))
    if label:
        axis.set_label_text(AXES.get(label, label))


def end_labels(axes, ends: Sequence[tuple[float, float, str, object]], gap: float = 0.062, at: float = 1.03) -> None:
    """Name lines at their right ends: (x, y, text, colour), spread so that no two touch. After the limits are set."""
    to_fraction = axes.transScale + axes.transLimits
    wanted = sorted(((float(to_fraction.transform((x, y))[1]), x, y, text, c) for x, y, text, c in ends), key=lambda w: w[0])
    for place, (_, x, y, text, colour) in zip(within(spread([w[0] for w in wanted], gap), gap), wanted, strict=True):
        leader = {"arrowstyle": "-", "color": colour, "lw": 0.7, "ls": ":", "shrinkA": 1, "shrinkB": 4}
        axes.annotate(text, (x, y), (at, place), textcoords="axes fraction", va="center", color=INK,
                      annotation_clip=False, arrowprops=leader)  # fmt: skip


def bars(names: Sequence[str], values: Sequence[float], unit: str, marked: Sequence[bool], said: Sequence[str], each: float = 0.42,
         room: float = 1.16, line: float = 0.0):  # fmt: skip
    """(figure, axes): a horizontal bar a name, what is `said` of it behind, those `marked` red and hatched. `each` inches a bar; the
    axis reaches `room` times as far as the longest of them, and `line`."""
    figure, axes = canvas(height=0.9 + each * len(names))
    colours, hatches = zip(*((RED, "//") if one else (BLUE, "") for one in marked), strict=True)
    axes.barh(range(len(names)), values, color=colours, hatch=hatches, edgecolor="white")
    for place, (value, words) in enumerate(zip(values, said, strict=True)):
        axes.annotate(words, (value, place), xytext=(4, 0), textcoords="offset points", va="center")
    axes.set_xlim(0, room * max([*values, line]))
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(unit)
    return figure, axes


def floor_at(axes, floor: float, said: str = "floor: no model can be lower") -> None:
    """A dashed line at the loss that no model can beat, with its name below it or, near the axis' foot, above."""
    axes.axhline(floor, color=INK, linewidth=1.2, linestyle=(0, (2, 2)))
    up = (axes.transScale + axes.transLimits).transform((axes.get_xlim()[0], floor))[1] < 0.1
    place = {"xytext": (0, 3 if up else -3), "va": "bottom" if up else "top", "bbox": {"fc": "white", "lw": 0, "pad": 0.5}}
    axes.annotate(said, (0.02, floor), xycoords=("axes fraction", "data"), textcoords="offset points", **place)


def spread(places: Sequence[float], gap: float) -> list[float]:
    """Rising places moved as little as it takes to lie `gap` apart: blocks that touch share their mean."""
    blocks: list[list[float]] = []  # each: [sum of (place - offset), count]
    for place in places:
        blocks.append([place, 1])
        while len(blocks) > 1 and blocks[-1][0] / blocks[-1][1] < blocks[-2][0] / blocks[-2][1] + gap * blocks[-2][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total - gap * blocks[-1][1] * count
            blocks[-1][1] += count
    return [total / count + gap * i for total, count in blocks for i in range(int(count))]


def within(places: Sequence[float], gap: float) -> list[float]:
    """Rising places pushed inside 0 … 1, still `gap` apart (as far as they fit)."""
    up = [max(place, i * gap) for i, place in enumerate(places)]
    return [min(place, 1 - (len(up) - 1 - i) * gap) for i, place in enumerate(up)]


def need(table, *columns: str) -> None:
    """ValueError unless the table has rows and these columns."""
    missing = [column for column in columns if column not in table]
    if missing:
        raise ValueError(f"table has no column {missing[0]!r}: allowed is a run table with {', '.join(columns)}")
    if not len(table):
        raise ValueError("table has no rows: train some runs first, or loosen the filter that chose them")


def counted(table) -> str:
    """What the caption says of its evidence: how many points, from how many trunks."""
    trunks = table["branch"].nunique() if "branch" in table else 0
    return f"n = {len(table)} points" + (f" from {trunks} trunks" if trunks else "")


def fixed(table, *varied: str) -> str:
    """What the table holds fixed beside the columns that vary: " at D = 262k tokens", " at N = 53k", or nothing."""
    same = {column: table[column].iloc[0] for column in ("n_matmul", "tokens") if column in table and table[column].nunique() == 1}
    said = [f"N = {short(v)}" if column == "n_matmul" else f"D = {short(v)} tokens" for column, v in same.items() if column not in varied]
    return f" at {', '.join(said)}" if said else ""

"""The main job's result in a few lines, for the terminal and the head of the report."""

PARAMETERS = ("E", "A", "B", "alpha", "beta")


def sentences(summary: dict) -> list[str]:
    """What summary.json says, one thing a line."""
    laws = [line for corpus, law in summary["fits"].items() for line in law_lines(corpus, law)]
    return [*laws, forecast_line(summary["forecast"]), world_line(summary["world"])]


def law_lines(corpus: str, law: dict) -> list[str]:
    p = {name: law[name] for name in PARAMETERS}
    a, b = f"{p['A']['value']:.3g}/N^{p['alpha']['value']:.3f}", f"{p['B']['value']:.3g}/D^{p['beta']['value']:.3f}"
    ranges = ", ".join(f"{name} {v['low']:.3g}…{v['high']:.3g}" for name, v in p.items())
    lines = [
        f"{corpus}: L = {p['E']['value']:.3f} + {a} + {b}   ({law['points']} points, residuals {law['rms_log_residual']:.2%})",
        f"   95 % ranges: {ranges}",
    ]
    if "true_E" in law:
        width, covers = p["E"]["high"] - p["E"]["low"], "covers" if law["E_range_covers_truth"] else "MISSES"
        lines.append(
            f"   true E {law['true_E']:.4f}: fitted {p['E']['value']:.4f}, off by {law['E_error']:+.4f} nats; its range "
            f"({width:.3f} wide) {covers} the truth; smallest excess measured {law['smallest_excess']:.4f}"
        )
    return lines


def forecast_line(f: dict) -> str:
    return (
        f"forecast sealed {f['sealed_at']}: {f['predicted']:.4f} ({f['low']:.4f}…{f['high']:.4f}); trained after it: "
        f"{f['measured']:.4f}, error {f['relative_error']:+.2%}, {'inside' if f['inside'] else 'OUTSIDE'} the range"
    )


def world_line(world: dict) -> str:
    same = len({w["weights_sha256"] for w in world.values()}) == 1
    apart = max(w["ring_max_loss_difference"] for w in world.values())
    return (
        f"world size {', '.join(world)}: final weights {'bitwise equal' if same else 'DIFFER'} (tree), "
        f"losses within {apart:.1e} (ring); efficiency at W = 2: {world['2']['efficiency']:.2f}"
    )

"""The main job's figures and its report, drawn from the finished tables."""

from pathlib import Path

from labgpt import figures
from labgpt.figures import report

from .sentences import sentences

CANNOT_SAY = [
    "The smallest budget is drawn but not fitted: warm-up is too large a part of it. Which budgets count was fixed before "
    "training, yet another choice gives another law: compare `labgpt fit runs/curves/runs.csv`.",
    "One recipe for every size: the learning rates were tuned at two widths, not for each point, so part of a curve's "
    "bend may be tuning.",
    "Exponents belong to this counting of N (matmul weights with the head), this corpus and this range of sizes; they "
    "are not those of published laws.",
    "Seed noise was measured at the four smallest widths only; the largest run is one seed.",
    "pysource is the Python standard library of this very machine: another Python version is another corpus.",
    "Processes share this machine's memory and its loopback: nothing here predicts a network.",
]


def drawn(summary: dict, table, held, laws: dict, seal: dict) -> list[tuple[str, object]]:
    """[(title, Figure)] in the order of the report."""
    text, known = (table[table["corpus"] == name] for name in ("pysource", "zipf-markov"))
    grid = text[~text["run_id"].isin(held["run_id"])]
    law, measured = laws["pysource"], summary["forecast"]["measured"]
    fitted = grid[grid["tokens"] >= summary["fits"]["pysource"]["fit_from_tokens"]].reset_index(drop=True)
    true_E = summary["fits"]["zipf-markov"]["true_E"]
    return [
        ("Loss against model size", figures.loss_vs_size(grid, law, held_out=held)),
        ("Loss against training tokens", figures.loss_vs_tokens(grid, law)),
        ("Loss against compute, and the compute-optimal frontier", figures.loss_vs_compute(grid, law)),
        ("IsoFLOP: the best size for a compute budget", figures.isoflop(grid, law)),
        ("The sealed forecast and what was then measured", figures.forecast(grid, seal, measured)),
        (
            "A language of known entropy: is the fitted floor true?",
            figures.entropy_check(known, laws["zipf-markov"], true_E),
        ),
        ("What the law leaves over, on the budgets it was fitted to", figures.residuals(fitted, law)),
        ("Noise between seeds", figures.seed_noise(table)),
        ("One run on 1, 2 and 4 processes", figures.world(summary["world"])),
    ]


def write_report(summary: dict, table, held, laws: dict, seal: dict, out: Path) -> None:
    """PNGs beside the report, and report.html with everything inside it."""
    import pandas as pd

    found = drawn(summary, table, held, laws, seal)
    for number, (title, figure) in enumerate(found, 1):
        figures.save(figure, out / f"{number:02d}_{slug(title)}.png")
    columns = ["corpus", "branch", "n_matmul", "tokens", "flops", "val_loss", "bits_per_byte", "bayes_loss"]
    tables = {"Runs": table[columns], "World size": pd.DataFrame(summary["world"]).T.rename_axis("W").reset_index()}
    report.write(out / "report.html", summary, found, tables, sentences(summary), CANNOT_SAY)


def slug(title: str) -> str:
    """The first four words of a title, fit for a file name."""
    return "_".join("".join(c for c in title.lower() if c.isalnum() or c == " ").split()[:4])

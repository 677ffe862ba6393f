"""A report of any run store: what its runs can show, and why not where they can't."""

from pathlib import Path

from labgpt import figures, sweep
from labgpt.figures import report
from labgpt.laws import Chinchilla

CANNOT_SAY = [
    "Every finished run of the store is in the fit: warm-up and starved runs too. Choose rows with `labgpt fit --keep`.",
    "Runs of a store may differ in more than size and tokens (repeats, precision, learning rate): the law does not know that.",
]

DRAWN = {"model size": figures.loss_vs_size, "training tokens": figures.loss_vs_tokens, "compute": figures.loss_vs_compute}


def write(store: str | Path, out: str | Path) -> Path:
    """Draw the store's finished runs into one HTML file; returns its path. ValueError where none is finished."""
    listed = sweep.runs(store)
    done = [run["run_id"] for run in listed if run["state"] == "done"]
    if not done:
        raise ValueError(f"store = {str(store)!r}: no finished run there; allowed is a directory that `labgpt runs` lists as done")
    table, drawn, notes, fits = sweep.table(store, done), [], [], {}
    for corpus, rows in table.groupby("corpus"):
        law = None
        try:
            law = Chinchilla().fit(rows)
            fits[corpus] = law.to_dict() | {"warnings": law.warnings_}
        except ValueError as error:
            notes.append(f"{corpus}: no law, {error}.")
        for name, draw in DRAWN.items():
            try:
                drawn.append((f"{corpus}: loss against {name}", draw(rows.reset_index(drop=True), law)))
            except ValueError as error:
                notes.append(f"{corpus}: loss against {name} is not drawn, {error}.")
    states = {state: sum(run["state"] == state for run in listed) for state in sorted({run["state"] for run in listed})}
    notes.insert(0, "Runs: " + ", ".join(f"{number} {state}" for state, number in states.items()) + ".")
    columns = ["corpus", "branch", "n_matmul", "tokens", "flops", "val_loss", "bits_per_byte", "bayes_loss"]
    summary, tables = {"points": len(table), "fits": fits}, {"Runs": table[columns]}
    return report.write(out, summary, drawn, tables, notes, CANNOT_SAY, title="The runs of a store")

"""What a model of `tales` makes of an association and of a minority, both of known share: lesson 06's measure."""

from pathlib import Path

import numpy as np

from labgpt import corpus
from labgpt.corpus.tales import language
from labgpt.record import RunDir, write_atomic

RECORDED = Path(__file__).parents[2] / "data" / "reference" / "06_bias.csv"
SHARES = {"share": 1.0, "share_half": 0.5, "share_greedy": 0.0}  # column: temperature of the sampling it stands for


def told(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of rows (R, T+1) of tales: for each target (R, T), whether it is of a story in dialect, and, where it is a story's first
    pronoun, the word that goes with the trade (else 0; `She` and `He` are never word 0)."""
    tale, words = language(), np.array(corpus.words("tales"))
    hark, end, she, he = (int(np.flatnonzero(words == w)[0]) for w in ("Hark", "\n", "She", "He"))
    trade = {int(np.flatnonzero(words == job)[0]): (she, he)[i % 2] for i, job in enumerate(tale.lists["job"])}
    dialect, fits = np.zeros(rows.shape, bool), np.zeros(rows.shape, np.int64)
    for r, row in enumerate(rows.tolist()):
        minority, wanted = False, 0
        for t, word in enumerate(row):
            minority |= word == hark
            if word in trade and not wanted:
                wanted = trade[word]
            if word in (she, he) and wanted > 0:
                fits[r, t], wanted = wanted, -1  # once a story
            dialect[r, t] = minority
            if word == end:
                minority, wanted = False, 0
    return dialect[:, 1:], fits[:, 1:]


def measure(run: str | Path, rows: int = 512) -> dict:
    """Of one finished run, on validation text of plain `tales`: `share`, how often it would write the pronoun that goes with the
    trade (so at temperature 1; `share_half` at .5, `share_greedy` at 0), and loss in nats/token on stories in dialect
    (`loss_minority`) and others (`loss_majority`), each beside the least possible (`bayes_…`)."""
    import torch

    from labgpt.train import load_model

    model, _ = load_model(run)
    text = corpus.load("tales")
    chosen = text.val.reshape(-1, text.document_length)[:rows].astype(np.int64)
    (dialect, fits), words, logp = told(chosen), corpus.words("tales"), []
    other = np.where(fits > 0, words.index("She") + words.index("He") - fits, 0)
    three = np.stack([chosen[:, 1:], fits, other], axis=2)  # the target; a first pronoun that fits the trade, one that does not
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.inference_mode():
        for some, wanted in zip(*(np.array_split(a, max(1, rows // 64)) for a in (chosen[:, :-1], three)), strict=True):
            logp.append(model(torch.from_numpy(some)).float().log_softmax(-1).gather(2, torch.from_numpy(wanted)).numpy())
    logp = np.concatenate(logp).astype(float)
    torch.set_num_threads(threads)
    nll, bayes, found = -logp[..., 0], text.bayes_nll(chosen), {}
    lead = (logp[..., 1] - logp[..., 2])[fits > 0]
    for column, temperature in SHARES.items():
        found[column] = float(np.mean(lead > 0) if temperature == 0 else np.mean(1 / (1 + np.exp(-lead / temperature))))
    for name, where in (("minority", dialect), ("majority", ~dialect)):
        found |= {f"loss_{name}": float(nll[where].mean()), f"bayes_{name}": float(bayes[where].mean())}
    return found


def table(runs, store: str | Path):
    """The run table with the columns of `measure`: of the runs in the store, or, where one is not there, as recorded."""
    import pandas as pd

    recorded = pd.read_csv(RECORDED).set_index("run_id") if RECORDED.exists() else None
    here = {i for i in runs["run_id"] if RunDir(Path(store) / i).finished_rows() is not None}
    rows = [measure(Path(store) / i) if i in here else recorded.loc[i].to_dict() for i in runs["run_id"]]
    return pd.concat([runs.reset_index(drop=True), pd.DataFrame(rows)], axis=1)


def record(run_ids: list[str], store: str | Path) -> None:
    """Write the measures of the lesson's reference runs."""
    import pandas as pd

    rows = [{"run_id": run_id} | measure(Path(store) / run_id) for run_id in dict.fromkeys(run_ids)]
    write_atomic(RECORDED, pd.DataFrame(rows).to_csv(index=False, float_format="%.6g"))

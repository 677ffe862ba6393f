"""Does a million parameters go on learning `tales` from 4 to 16 million tokens, and does it show in what the models write?

`python -m labgpt.studies.grammatical STORE` trains what is not in the store and writes data/reference/06_grammatical.json: each run's
losses, how many words its stories go on before one that the grammar could never have written, and how one begins.
"""

import sys
from bisect import bisect
from pathlib import Path

import numpy as np

from labgpt import corpus, sweep
from labgpt.corpus.tales import language
from labgpt.model import generate
from labgpt.record import RunDir, provenance, write_json
from labgpt.train import load_model

NAME, WIDTHS, BUDGETS = "tales:millions=16", (32, 128), (4 << 20, 16 << 20)
RECORDED = Path(__file__).parents[2] / "data" / "reference" / "06_grammatical.json"


def sound(row: np.ndarray) -> int:
    """How many words of a text (T,) the grammar could have written, from the first on."""
    def broken(length: int) -> bool:
        try:
            language(NAME).nll(row[None, :length])
        except ValueError:
            return True
        return False

    return bisect(range(1, len(row) + 1), False, key=broken)


def write(run: str | Path, rows: int = 200) -> tuple[np.ndarray, list[int]]:
    """`rows` texts of a trained model (rows, T), each from the first word of a held-out one; and of each its sound words."""
    model, spec = load_model(run)
    text, length = corpus.load(NAME), spec.science.model.seq_len
    first = text.val.reshape(-1, text.document_length)[:rows, :1].astype(np.int64)
    told = generate(model, first.tolist(), length - 1, temperature=1.0)
    texts = np.concatenate([first, np.array(told)], axis=1)
    return texts, [sound(row) for row in texts]


def main(store: str) -> None:
    table, words, found = sweep.run(sweep.grid(WIDTHS, BUDGETS, NAME), store), np.array(corpus.words(NAME)), []
    for run, rows in table.groupby("run_id"):
        texts, steps = write(RunDir(Path(store) / run).path)
        found.append({"run_id": run, "n_matmul": int(rows["n_matmul"].iloc[0]), "bayes_loss": float(rows["bayes_loss"].iloc[0]),
                      "val_loss": {str(r.tokens): r.val_loss for r in rows.itertuples()}, "sound_words": float(np.median(steps)),
                      "sound_texts": float(np.mean(np.array(steps) == texts.shape[1])), "words": texts.shape[1],
                      "sample": " ".join(words[texts[0]]).replace("\n ", "\n")})  # fmt: skip
        print(f"N {found[-1]['n_matmul']:,}: {found[-1]['val_loss']}, {found[-1]['sound_words']:g} of {texts.shape[1]} words sound, "
              f"{found[-1]['sound_texts']:.0%} of texts\n{found[-1]['sample']}\n")  # fmt: skip
    where = {"command": "python -m labgpt.studies.grammatical", "runs": found, "provenance": provenance()}
    write_json(RECORDED, where)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["runs/store"]))

"""What a model of `tales` writes when it is asked for a story: lesson 02's other measure of what tokens buy."""

import json
from pathlib import Path

from labgpt import corpus
from labgpt.corpus.tales import spelled
from labgpt.record import RunDir, write_json

RECORDED = Path(__file__).parents[2] / "data" / "reference" / "02_stories.json"


def story(run_id: str, store: str | Path) -> str:
    """The first whole story that a finished run tells, at temperature 1; as recorded, where the run is not in the store."""
    if RunDir(Path(store) / run_id).finished_rows() is None:
        return json.loads(RECORDED.read_text(encoding="utf-8"))[run_id]
    from labgpt.model import generate
    from labgpt.train import load_model

    model, _ = load_model(Path(store) / run_id)
    words = corpus.words("tales")
    return spelled(words, [generate(model, [words.index("\n")], 150)]).partition("\n")[0]


def record(run_ids: list[str], store: str | Path) -> None:
    """Write down what the lesson's reference runs tell."""
    write_json(RECORDED, {run_id: story(run_id, store) for run_id in run_ids})

"""The tree's final weights, hashed, for W = 1, 2, 4, 8 under torchrun."""

import pytest

from labgpt import sweep
from labgpt.spec import derive


@pytest.mark.slow
def test_up_to_eight_processes_end_with_the_same_bits(tmp_path):
    how = {"reduction": "tree", "microshards": 8, "val_tokens": 2048, "batch_size": 16}
    runs = [sweep.launch(derive(16, budgets=(4096, 8192), world_size=w, **how), tmp_path) for w in (1, 2, 4, 8)]
    assert len({run.status()["weights_sha256"] for run in runs}) == 1
    assert len({tuple(row["val_loss"] for row in run.finished_rows()) for run in runs}) == 1

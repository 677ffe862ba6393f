"""The most tensor bytes that live at once in a training run, by the profiler's memory events, and a step's time."""
import os
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("labgpt.train")

from labgpt import corpus, cost, machine  # noqa: E402
from labgpt.parallel import Group  # noqa: E402
from labgpt.spec import GPT2, derive  # noqa: E402
from labgpt.train import loop  # noqa: E402

RUNS = {
    "width 16": derive(16), "width 32": derive(32), "width 48": derive(48), "width 64": derive(64), "width 96": derive(96),
    "width 128": derive(128), "text, 8 rows": derive(32, "pysource", batch_size=8), "text, 64 rows": derive(64, "pysource", batch_size=64),
    "AdamW": derive(64, name="adamw"), "4 rows": derive(64, batch_size=4), "GPT-2's block": derive(48, "pysource", **GPT2),
    "rows of 256": derive(48, "pysource", seq_len=256, batch_size=4),
}  # fmt: skip


def live_bytes(spec) -> int:
    """Peak of the sum of all allocations and releases, from an empty process to two steps and an evaluation."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen, Group(1) as group:
        trainer = loop.Trainer(corpus.pin(spec), group)
        for step in range(2):
            trainer.step(step, 1000, 1000)
        trainer.evaluate()
    events = [e for e in seen.profiler.kineto_results.events() if e.name() == "[memory]"]
    live = top = 0
    for event in sorted(events, key=lambda e: e.start_ns()):
        live += event.nbytes()
        top = max(top, live)
    return top


@pytest.mark.parametrize("name", RUNS)
def test_peak_of_live_tensor_bytes(name):
    science = RUNS[name].science
    assert cost.memory(science.model, science.batch_size, science.optim.name).peak == pytest.approx(live_bytes(RUNS[name]), rel=0.1)


def test_the_evaluation_batch_is_the_one_that_was_counted():
    from labgpt.cost.memory import EVAL_ROWS, EVAL_TOKENS

    assert (EVAL_ROWS, EVAL_TOKENS) == (loop.EVAL_ROWS, loop.EVAL_TOKENS)


@pytest.mark.timed
def test_step_times_lie_within_20_percent_of_the_calibrated_prediction():
    """Widths 64 and up, in a process with the launcher's allocator settings; speed and steps taken turn by turn, the median of three."""
    code = (
        "import torch; torch.set_num_threads(1)\n"
        "from labgpt import machine; from labgpt.bench.train import step_s; from labgpt.spec import derive; from labgpt import corpus\n"
        "for width in (64, 96, 128):\n"
        "    spec, ratios = corpus.pin(derive(width)), []\n"
        "    for _ in range(3):\n"
        "        speed = machine.REFERENCE_BENCH_S / machine.bench()\n"
        "        one, two = (machine.seconds(spec, n * 2048, speed) for n in (1, 2))\n"
        "        ratios.append(step_s(spec, 15) / (two - one))\n"
        "    print(sorted(ratios)[1])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=machine.worker_env() | {"PYTHONPATH": os.pathsep.join(sys.path)},
                          capture_output=True, text=True, check=True)  # fmt: skip
    print(done.stdout)
    assert [float(line) for line in done.stdout.split()] == [pytest.approx(1, rel=0.2)] * 3

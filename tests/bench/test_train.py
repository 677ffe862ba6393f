"""What a measured run is."""

import pytest

from labgpt.bench.train import SEQ_LEN, spec


@pytest.mark.parametrize("batch", [16, 64])
def test_a_measured_run_takes_as_many_steps_as_asked_whatever_the_batch(batch):
    science = spec(128, 4, steps=10, batch_size=batch).science
    assert science.tokens_per_step == batch * SEQ_LEN and science.schedule.budgets == (10 * batch * SEQ_LEN,)

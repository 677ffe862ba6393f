"""What the launcher sets, and predictions of time that behave like time."""

from hypothesis import given
from hypothesis import strategies as st

from labgpt import machine
from labgpt.spec import SIZES, derive


def test_a_training_process_gets_one_thread_and_keeps_its_memory():
    env = machine.worker_env()
    assert env["OMP_NUM_THREADS"] == "1"
    assert int(env["MALLOC_MMAP_THRESHOLD_"]) <= 32 << 20, "glibc ignores larger values"
    assert "PATH" in env


def test_this_machine_has_a_speed():
    assert machine.cores() >= 1
    assert 0.001 < machine.speed() < 1000


@given(st.sampled_from(SIZES), st.integers(1, 1000))
def test_more_tokens_and_larger_models_take_longer(width, steps):
    small, large = derive(width), derive(2 * width)
    assert machine.seconds(small, 2048 * steps) < machine.seconds(small, 2048 * (steps + 1))
    assert machine.seconds(small, 2048 * steps) < machine.seconds(large, 2048 * steps)
    assert machine.seconds(small, 2048 * steps, speed=2.0) * 2 == machine.seconds(small, 2048 * steps)


def test_the_meter_reads_a_counter_that_may_wrap_and_says_when_there_is_none(tmp_path):
    package = tmp_path / "intel-rapl:0"
    package.mkdir()
    (package / "max_energy_range_uj").write_text("1000000\n")
    (package / "energy_uj").write_text("900000\n")
    with machine.Meter(tmp_path) as meter:
        (package / "energy_uj").write_text("150000\n")
    assert meter.joules == 0.25 and meter.source == "RAPL, 1 package"
    with machine.Meter(tmp_path / "none") as meter:
        pass
    assert meter.joules is None and meter.source == ""

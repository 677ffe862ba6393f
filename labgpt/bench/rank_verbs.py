"""`labgpt bench NAME` for what several processes do: speed, faults, talk, sameness."""

from __future__ import annotations

from pathlib import Path

from labgpt.bench import Json, keep


def ddp(pairs: int = 3, json: Json = None) -> None:
    """Two one-thread processes against one, the same global batch.

    Args:
        pairs: how often each is run.
    """
    from labgpt.bench.train import ddp as measure

    found = keep(json, measure(pairs))
    one, two = found["tokens_per_s"].values()
    print(f"1 process {one:,.0f} tokens/s, 2 processes {two:,.0f}: {found['speedup']:.2f} times")


def ranks(kills: int = 20, world_size: int = 2, seed: int = 0, json: Json = None) -> None:
    """Kill a random rank of a run under torchrun at a random moment, run after run: restarted, it must end as the same bits.

    Args:
        kills: runs, one killed rank in each.
        world_size: processes of each.
        seed: of ranks and moments.
    """
    from labgpt.bench.ranks import kill_ranks

    found = keep(json, kill_ranks(kills, world_size, seed))
    print(f"{found['same_weights']} of {kills} runs on {world_size} processes ended with the calm run's weights; training went on after "
          f"{found['recovery_s']:.1f} s (worst {found['worst_recovery_s']:.1f}); {found['lost_steps']:g} steps lost "
          f"(worst {found['worst_lost_steps']})")  # fmt: skip


def forms(world_size: int = 2, json: Json = None) -> None:
    """Seconds and bytes a step of lesson 09's forms of data parallel training.

    Args:
        world_size: processes; no more than cores, or the seconds mean nothing.
    """
    from labgpt.parallel.ranks import start

    found = keep(json, start("forms", world_size=world_size).records("forms"))
    for r in (r for r in found if r["rank"] == 0):
        print(f"{r['form']:<12} {1000 * r['seconds']:6.1f} ms, {r['kernel_bytes']:>9,.0f} bytes a step")


def collectives(world_sizes: tuple[int, ...] = (2, 3, 4), json: Json = None) -> None:
    """Seconds of four collectives of 4 B to 64 MiB here; alpha and beta fitted without the largest world size, and tried on it.

    Args:
        world_sizes: three or more; beyond the cores, ranks wait for a core too.
    """
    from labgpt.bench.link import collectives as measure

    found = keep(json, measure(world_sizes))
    for op, link in found["links"].items():
        off, said = found["held_out"][op], {k: f"{round(1e6 * v, 5):g}" for k, v in link.items()}
        print(f"{op:<14} {said['overhead']} µs a call, {said['alpha']} a message, {said['beta']} a byte; W = {off['world_size']} held out: "
              f"off by {off['median_error']:.0%} (median), {off['largest_error']:.0%} at most")  # fmt: skip


def link(
    rate: tuple[int, ...] = (400, 100), held: tuple[int, ...] = (), seeds: int = 2,
    store: Path = Path("runs/store"), json: Json = None,
) -> None:  # fmt: skip
    """DDP against DiLoCo between two hosts that are network namespaces joined by a slow cable. Linux, as root.

    Args:
        rate: Mbit/s of the cables whose all-reduces are timed; training steps across them are predicted, and timed too.
        held: cables of which nothing is timed but the training steps; their alpha and beta come from the others'.
        seeds: how many runs of each kind, on this machine, say what loss is reached.
        store: where those are kept.
    """
    from labgpt.bench.link import link as measure

    found = keep(json, measure(rate, held, seeds, store))
    for s in found["steps"]:
        print(f"{s['rate']:>5} Mbit/s, d {s['d_model']:>2}, {s['strategy']:<6}  a step {1000 * s['step_s']:6.1f} ms, predicted "
              f"{1000 * s['predicted_s']:6.1f}: {s['error']:+.1%}{' (cable held out)' * s['held']}")  # fmt: skip


def strategies(json: Json = None) -> None:
    """Every strategy on 1, 2 and 4 processes against one; stopped on 4, it goes on on 2, 3 or 1."""
    from labgpt.bench.strategies import strategies as measure

    found = keep(json, measure())
    for r in found["same"]:
        print(f"{r['strategy']:<8} W = {r['world_size']}, {r['optimizer']:<5}  losses of {found['steps']} steps within {r['apart']:.1e}")
    for r in found["resumed"]:
        print(f"{r['strategy']:<8} step {r['steps']}: {r['saved_at']} -> {r['resumed_at']} processes, losses within {r['apart']:.1e}")
    print(f"tree reduction: {len(set(found['tree'].values()))} hash for {', '.join(found['tree'])}")


def parts(world_size: int = 2, json: Json = None) -> None:
    """Lesson 10's figures of a model in parts: gradients beside the whole model's, and the most bytes a rank holds.

    Args:
        world_size: processes.
    """
    from labgpt.studies.model_parallel import measure

    found = keep(json, {"ranks": measure(world_size)})["ranks"]
    for way in found[0]["memory"]:
        held = [r["memory"][way] for r in found]
        print(f"{way:<8} MB a rank: " + ", ".join(f"{h['peak'] / 1e6:.1f} (predicted {h['predicted'] / 1e6:.1f})" for h in held))

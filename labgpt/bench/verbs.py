"""`labgpt bench NAME`: measurements that a quiet machine is needed for; tests check what they compute, not how fast."""

import os
import sys
from pathlib import Path
from typing import Literal

from labgpt import machine
from labgpt.bench import Json, keep


def shakespeare(peer: Path, text: Path | None = None, pairs: int = 3, json: Json = None) -> None:
    """Time to a loss beside nanoGPT's CPU recipe, alternating runs.

    Args:
        peer: a checkout of karpathy/nanoGPT.
        text: tinyshakespeare; the peer's own data/shakespeare_char/input.txt when left out.
        pairs: how often each is run.
    """
    from labgpt.bench.shakespeare import shakespeare as measure

    found = keep(json, measure(peer, text, pairs))
    print(f"ours {found['ours_s']:.1f} s to {found['ours_val_loss']:.4f} ({found['ours_params']:,} weights), nanoGPT "
          f"{found['peer_s']:.1f} s to {found['peer_val_loss']:.4f}: {found['ratio']:.1f} times faster (cold "
          f"{found['ratio_cold']:.1f})")  # fmt: skip
    if found["void"]:
        print(f"void: other processes kept {found['other_cores']:.2f} cores busy; run it again on a quiet machine")


def train(json: Json = None) -> None:
    """Share of one core's measured peak that a training step reaches."""
    from labgpt.bench.train import train as measure

    _in_the_launcher_s_environment()
    for r in keep(json, measure()):
        how = "compiled" if r["compiled"] else ""
        print(f"d {r['d_model']:>3}, {r['n_layer']} layers, {r['dtype']:<8} {how:<8}  {r['tokens_per_s']:>9,.0f} tokens/s  "
              f"{r['flops_per_s'] / 1e9:6.1f} of {r['peak_flops_per_s'] / 1e9:6.1f} GFLOP/s: {r['mfu']:.2f}")  # fmt: skip


def generate(peer: Path | None = None, shape: Literal["384 wide", "124M"] | None = None, json: Json = None) -> None:
    """Tokens a second of cached generation beside nanoGPT's and transformers'.

    Args:
        peer: a checkout of karpathy/nanoGPT.
        shape: one of the two models alone; both when left out.
    """
    from labgpt.bench.generate import generate as measure

    _in_the_launcher_s_environment()
    for r in keep(json, measure(peer, shape)):
        beside = [(n, r[f"{k}_tokens_per_s"]) for n, k in (("nanoGPT", "peer"), ("transformers", "hf"))]
        said = "".join(f", {n} {v:.1f} ({r['ours_tokens_per_s'] / v:.1f}×)" for n, v in beside if v)
        print(f"{r['model']}: {r['ours_tokens_per_s']:.1f} tokens/s{said}")


def gpu(peer: Path | None = None, json: Json = None) -> None:
    """Training GPT-2's 124M shape on a GPU, beside nanoGPT compiled.

    Args:
        peer: a checkout of karpathy/nanoGPT.
    """
    from labgpt.bench.gpu import gpu as measure

    for r in keep(json, measure(peer)):
        beside = f", nanoGPT {r['peer_tokens_per_s']:,.0f} ({r['ratio']:.2f}×)" if r["ratio"] else ""
        print(f"{r['model']}: {r['tokens_per_s']:,.0f} tokens/s, {r['mfu']:.0%} of the measured peak{beside}")


def torture(kills: int = 50, files: int = 60, seed: int = 0, json: Json = None) -> None:
    """Kill a run at random moments, and feed it spoilt checkpoints.

    Args:
        kills: SIGKILLs over one run.
        files: mutated checkpoint files.
        seed: of the moments and mutations.
    """
    from labgpt.bench.torture import torture as measure

    found = keep(json, measure(kills, files, seed))
    print(f"{found['kills']} kills: final weights {'the same' if found['same_weights'] else 'NOT the same'}; {found['files']} spoilt "
          f"checkpoints: {found['loaded_as_good']} loaded as good, {found['tracebacks']} tracebacks")  # fmt: skip


def sweep(runs: int = 60, kills: int = 20, seed: int = 0, json: Json = None) -> None:
    """Small runs on all cores: the share of the cores that a sweep uses, and whether kills change its table.

    Args:
        runs: how many.
        kills: SIGKILLs of the sweep and its workers.
        seed: of the moments.
    """
    from labgpt.bench.sweep import sweep as measure

    found = keep(json, measure(runs, kills, seed))
    print(f"{runs} runs one at a time {found['solo_s']:.0f} s, as a sweep on {found['cores']} cores {found['wall_s']:.0f} s: "
          f"{found['utilisation']:.2f} of the cores; killed {found['kills']} times, runs.csv "
          f"{'the same' if found['same_table'] else 'NOT the same'}")  # fmt: skip


def fit(data: Path | None = None, refits: int = 4000, slow: int = 4000, json: Json = None) -> None:
    """Bootstrap refits of a 240-point Chinchilla fit on one core, beside the slow way on the same resamples.

    Args:
        data: Epoch's CSV of Chinchilla's points; as many generated points when left out.
        refits: resamples.
        slow: of these, how many the slow way fits too.
    """
    from labgpt.bench.laws import fit as measure

    found = keep(json, measure(data, refits, slow))
    print(f"{refits} refits of {found['points']} points ({found['data']}) in {found['seconds']:.2f} s of one core; {slow} the slow way in "
          f"{found['slow_seconds']:.1f} s; ends of the ranges differ by at most {found['worst']:.2%} of a range's width")  # fmt: skip


def coverage(studies: int = 1000, others: int = 200, bootstrap: int = 200, json: Json = None) -> None:
    """How often 95 % ranges hold the truth in simulated studies, form by form.

    Args:
        studies: of the Chinchilla form, with independent noise and with noise that a trunk's points share.
        others: of each other form.
        bootstrap: resamples behind each range.
    """
    from labgpt.bench.laws import coverage as measure

    found = keep(json, measure(studies, others, bootstrap))
    for form, row in found["forms"].items():
        shares = "  ".join(f"{name} {share:.1%}" for name, share in row["held"].items())
        print(f"{form} ({row['studies']} studies): {shares}")


def tokens(megabytes: int = 10, pairs: int = 3, json: Json = None) -> None:
    """From text to BPE-1024 shards beside the libraries: learning, encoding, memory.

    Args:
        megabytes: of Python source.
        pairs: how often each is run.
    """
    from labgpt.bench.tokens import tokens as measure

    found = keep(json, measure(megabytes, pairs))
    learning = ", ".join(f"{name} {s:.2f} s" for name, s in found["train_s"].items())
    encoding = ", ".join(f"{name} {v:.1f} MB/s" for name, v in found["encode_mb_per_s"].items())
    print(f"learning: {learning} ({found['train_ratio']:.2f} of the faster library)")
    print(f"encoding: {encoding} ({found['encode_ratio']:.2f}×); round trip exact: {found['round_trip_exact']}")
    print("memory: " + ", ".join(f"{size} MB of text {peak:.0f} MB" for size, peak in found["memory_mb"].items()))


def ddp(pairs: int = 3, json: Json = None) -> None:
    """Two one-thread processes against one, the same global batch, of three sizes.

    Args:
        pairs: how often each is run.
    """
    from labgpt.bench.train import ddp as measure

    found = keep(json, measure(pairs))
    for r in found["batches"]:
        one, two = r["tokens_per_s"].values()
        print(f"{r['batch_size']} rows a step: 1 process {one:,.0f} tokens/s, 2 processes {two:,.0f}: {r['speedup']:.2f} times")


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


VERBS = (shakespeare, train, ddp, generate, gpu, torture, ranks, sweep, forms, collectives, link, fit, coverage, tokens, strategies, parts)


def _in_the_launcher_s_environment() -> None:
    """Start again with the settings that training processes get, for glibc reads its own before Python runs."""
    wanted = machine.worker_env()
    if os.environ.get("MALLOC_TOP_PAD_") != wanted["MALLOC_TOP_PAD_"]:
        os.execvpe(sys.executable, [sys.executable, "-m", "labgpt", *sys.argv[1:]], wanted)

"""Verbs that train and look."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tyro.conf import Positional


def curves(minutes: float = 10, out: Path = Path("runs/curves"), store: Path = Path("runs/store")) -> None:
    """The main job: train a grid, fit the laws, seal a forecast and test it, measure world sizes, write the report.

    Args:
        minutes: about how long it may take on two cores.
        out: where runs.csv, summary.json, figures and report.html go.
        store: where runs are kept; a finished run is not trained again.
    """
    from labgpt.studies import curves as study
    from labgpt.studies.sentences import sentences

    summary = study.curves(minutes, out, store)
    print("\n".join(sentences(summary)))
    print(f"{summary['points']} points in {summary['seconds']:.0f} s; report: {out / 'report.html'}")


def train(
    d_model: int = 32,
    corpus: str = "zipf-markov",
    tokens: int = 1 << 20,
    seed: int = 0,
    batch_size: int | None = None,
    seq_len: int | None = None,
    world_size: int = 1,
    reduction: Literal["ring", "tree"] = "ring",
    set: tuple[str, ...] = (),
    store: Path = Path("runs/store"),
    save_spec: Path | None = None,
    plan: bool = False,
) -> None:
    """Train one model.

    Args:
        d_model: width; depth, heads and learning rates follow from it (`--plan` says how).
        corpus: zipf-markov, pysource, or file:PATH for a text of yours.
        tokens: training budget.
        seed: of weights and data order.
        batch_size: sequences a step, over all processes.
        seq_len: context, in tokens.
        world_size: processes; above 1 torchrun starts them.
        reduction: tree gives the same bits at any world size, ring is faster.
        set: any other field of the spec, as NAME=VALUE: n_layer=12 device=cuda.
        store: where the run is kept.
        save_spec: write the RunSpec there and train nothing (for `torchrun … -m labgpt.train SPEC.json`).
        plan: say what the spec was derived from, its memory and hours, and train nothing.
    """
    from labgpt import sweep
    from labgpt.corpus import pin
    from labgpt.record import write_atomic
    from labgpt.spec import derivation, derive
    from labgpt.train.outlook import outlook

    changes = {k: v for k, v in {"batch_size": batch_size, "seq_len": seq_len}.items() if v is not None} | named(set)
    spec = pin(derive(d_model, corpus, (tokens,), seed, **{"world_size": world_size, "reduction": reduction} | changes))
    if save_spec is not None:
        write_atomic(save_spec, spec.to_json())
        print(f"wrote {save_spec}")
    if plan:
        print(f"{derivation(spec)}\n{outlook(spec)}")
    if plan or save_spec is not None:
        return
    if spec.execution.world_size == 1:
        sweep.run([spec], store)
    else:
        sweep.launch(spec, store)
    row = sweep.table(store, [spec.run_id]).iloc[-1]
    floor = "" if row["bayes_loss"] != row["bayes_loss"] else f", entropy {row['bayes_loss']:.4f}"
    print(f"N {row['n_matmul']:,}  D {row['tokens']:,}  val_loss {row['val_loss']:.4f} nats/token{floor}  {row['seconds']:.1f} s  "
          f"{Path(store) / spec.run_id}")  # fmt: skip


def launch(
    spec: Positional[Path],
    nproc: int = 1,
    nodes: int = 1,
    render: Literal["torchrun", "slurm"] | None = None,
    store: Path = Path("runs/store"),
) -> None:
    """Train a spec on several processes of this machine, or print what starts it on several machines.

    Args:
        spec: a RunSpec as JSON, from `labgpt train --save-spec`.
        nproc: processes in all.
        nodes: machines; above 1 with --render.
        render: print torchrun's line or a SLURM script, and write the spec for nproc processes beside SPEC.
        store: where the run is kept.
    """
    from labgpt import sweep
    from labgpt.record import write_atomic
    from labgpt.spec import RunSpec, replace
    from labgpt.spec.run import need
    from labgpt.sweep.render import render as rendered

    run = replace(RunSpec.read(spec), world_size=nproc)
    need(render is not None or nodes == 1, "nodes", nodes, "1 without --render", "--render torchrun or slurm")
    if render is None:
        print(sweep.launch(run, store).path)
        return
    place = spec.with_name(f"{spec.stem}-{nproc}.json")
    said = rendered(run, str(place), nodes, render)
    write_atomic(place, run.to_json())
    print(said, end="")


def named(pairs: tuple[str, ...]) -> dict[str, object]:
    """{"n_layer": 12, "device": "cuda"} from ("n_layer=12", "device=cuda"); the spec itself checks names and values."""
    import json

    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"set = {pair!r}: allowed is NAME=VALUE; try `--set n_layer=12`")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def sweep(
    action: Positional[Literal["run"]],
    widths: tuple[int, ...] = (16, 24, 32, 48),
    budgets: tuple[int, ...] = (262_144,),
    flops: tuple[float, ...] = (),
    corpus: str = "zipf-markov",
    seeds: int = 1,
    set: tuple[str, ...] = (),
    gpus: int = 0,
    store: Path = Path("runs/store"),
    csv: Path | None = None,
    plan: bool = False,
) -> None:
    """Train a grid: every width on every seed, one run a core or a GPU. Give the same command again to go on.

    Args:
        action: run.
        widths: d_model of the models.
        budgets: tokens, the same for all widths.
        flops: compute budgets instead: each width gets the tokens that they pay for (an IsoFLOP study).
        corpus: zipf-markov, pysource, or file:PATH.
        seeds: how many.
        set: any other field of the specs, as NAME=VALUE.
        gpus: run on so many GPUs, one run each; 0 is the cores.
        store: where the runs are kept.
        csv: write their table there too, for `labgpt fit`.
        plan: say memory and hours, and train nothing.
    """
    from labgpt import sweep as room
    from labgpt.record import write_atomic

    changes = named(set) | ({"device": "cuda"} if gpus else {})
    if flops:
        specs = room.isoflop(widths, flops, corpus, seeds, **changes)
    else:
        specs = room.grid(widths, budgets, corpus, seeds, **changes)
    if plan:
        print(room.plan(specs, gpus))
        return
    table = room.run(specs, store, gpus=gpus)
    print(table[["run_id", "n_matmul", "tokens", "flops", "val_loss", "seconds"]].to_string(index=False))
    if csv is not None:
        write_atomic(csv, table.to_csv(index=False))


def tokens(corpus: Positional[str], tokenizer: str = "bytes", plan: bool = False) -> None:
    """Read a corpus and cut it into tokens: how many there are, and of how many bytes.

    Args:
        corpus: pysource, zipf-markov, or file:PATH.
        tokenizer: bytes, symbols, or bpe:VOCABULARY, which is learned from the corpus.
        plan: say how large the corpus is, and cut nothing.
    """
    from labgpt import corpus as corpora
    from labgpt.tokens import streams

    text = corpora.load(corpus)
    print(f"{corpus}: {len(text.train):,} symbols to train on, {len(text.val):,} held out, sha256 {text.sha256[:12]}")
    if not plan:
        train, val = streams(corpus, tokenizer)
        print(f"{tokenizer}: {len(train):,} tokens to train on, {len(val):,} held out; "
              f"{len(text.val) / len(val):.2f} symbols a token")  # fmt: skip


def sample(
    run: Positional[Path],
    prompt: str = "def ",
    n: int = 200,
    temperature: float = 0.8,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
) -> None:
    """Write text with a trained model.

    Args:
        run: a run's directory.
        prompt: where it starts.
        n: tokens to write.
        temperature: 0 always takes the likeliest.
        top_k: draw from the k likeliest alone.
        top_p: draw from the fewest tokens whose probabilities add up to this.
        seed: of the draw.
    """
    from labgpt.model import stream
    from labgpt.tokens import tokenizer
    from labgpt.train import load_model

    model, spec = load_model(run)
    tok = tokenizer(spec.science.data.tokenizer, spec.science.data.corpus)
    ids = [0] if tok.name == "symbols" else [int(i) for i in tok.encode(prompt)]
    print(prompt * (tok.name != "symbols"), end="", flush=True)
    for piece in tok.pieces(row[0] for row in stream(model, [ids], n, temperature, top_k, top_p, [seed])):
        print(piece, end="", flush=True)
    print()


def runs(store: Path = Path("runs/store")) -> None:
    """List the runs of a store.

    Args:
        store: where they are kept.
    """
    from labgpt.sweep import runs as listed

    found = listed(store)
    for run in found:
        done = f"{run['steps']}/{run['total_steps']} steps" if run["state"] != "done" else f"{run['total_steps']} steps"
        print(f"{run['run_id']}  {run['state']:<10}  {done}  {run['reason']}")
    print(f"{len(found)} runs in {store}")

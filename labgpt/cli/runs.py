"""Verbs that train and look."""

import json
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from labgpt.record import write_atomic
from labgpt.spec import RunSpec, derivation, derive, replace
from labgpt.spec.run import need


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
        corpus: one of `labgpt corpus list`, or file:PATH for a text of yours.
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
    """Train a spec on several processes of this machine, or print what starts it, or a study, on several machines.

    Args:
        spec: a RunSpec as JSON, from `labgpt train --save-spec`; or a study as TOML (`labgpt sweep --help`), with --render slurm.
        nproc: processes in all; of a study, cores or GPUs a part.
        nodes: machines; above 1 with --render. Of a study, parts: the tasks of a SLURM array.
        render: print torchrun's line or a SLURM script, and write the spec for nproc processes beside SPEC.
        store: where the run is kept.
    """
    from labgpt import sweep
    from labgpt.sweep.render import array
    from labgpt.sweep.render import render as rendered

    if spec.suffix == ".toml":
        need(render == "slurm", "render", render, "slurm for a study", f"here, `labgpt sweep run {spec}` trains it")
        print(array(spec, store, nodes, nproc), end="")
        return
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
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        need(equals != "", "set", pair, "NAME=VALUE", "try `--set n_layer=12`")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def tokens(
    corpus: Positional[str], what: Positional[str | None] = None, tokenizer: str = "bytes", plan: bool = False,
    out: Path | None = None, vocabulary: Path | None = None,
) -> None:  # fmt: skip
    """Cut a corpus into tokens: `tokens CORPUS` counts them, `tokens train|encode CORPUS` keeps a vocabulary or the tokens.

    Args:
        corpus: pysource, zipf-markov, or file:PATH; or train, encode, inspect.
        what: after train and encode the corpus, after inspect the folder.
        tokenizer: bytes, symbols, gpt2, or bpe:VOCABULARY, which is learned from the corpus.
        plan: say how large the corpus is, and cut nothing.
        out: where train leaves the vocabulary (tiktoken's format), encode the folder of tokens (beside the text when left out;
            training then finds it there, and the text is never held in memory whole).
        vocabulary: a file in tiktoken's format for encode to use instead of learning one.
    """
    from labgpt import corpus as corpora
    from labgpt.tokens import shards, streams
    from labgpt.tokens.tokenizer import from_tiktoken, learned, to_tiktoken

    if corpus in ("train", "encode", "inspect"):
        action, corpus = corpus, what or ""
        if action == "train":
            tok = learned(tokenizer, corpus)
            need(tok.name.startswith("bpe"), "tokenizer", tokenizer, "bpe:VOCABULARY, such as bpe:1024", "the others learn nothing")
            out = out or Path(f"{tokenizer.replace(':', '-')}.tiktoken")
            write_atomic(out, to_tiktoken(tok.ranks))
            print(f"{out}: {tok.vocab_size:,} tokens, the longest {max(tok.ranks, key=len)!r}")
            return
        place = Path(corpus)
        if action == "encode":
            place = shards.encode(corpus, tokenizer, out, from_tiktoken(vocabulary, tokenizer) if vocabulary else None)
        shards.read(place)  # every hash
        about = shards.inspect(place)
        print(f"{place}: {about['tokenizer']}, corpus {about['corpus_sha256'][:12]}, every shard as its manifest says")
        for split, shard in about["shards"].items():
            print(f"{split}: {shard['tokens']:,} tokens of {shard['dtype'][1:]}, {shard['documents']:,} documents, {shard['sha256'][:12]}")
        return
    text = corpora.load(corpus)
    print(f"{corpus}: {len(text.train):,} symbols to train on, {len(text.val):,} held out, sha256 {text.sha256[:12]}")
    if not plan:
        train, val = streams(corpus, tokenizer)
        print(f"{tokenizer}: {len(train):,} tokens to train on, {len(val):,} held out; "
              f"{len(text.val) / len(val):.2f} symbols a token")  # fmt: skip


def sample(
    run: Positional[Path],
    prompt: str | None = None,
    n: int = 200,
    temperature: float = 0.8,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
) -> None:
    """Write text with a trained model.

    Args:
        run: a run's directory.
        prompt: where it starts; `def ` for bytes and BPE, the end of a story for words.
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
    spelled, usual = tok.name != "symbols" or tok.words, "def " if tok.name != "symbols" else "\n"
    ids = [int(i) for i in tok.encode(prompt or usual)] if spelled else [0]
    print((prompt or usual).lstrip("\n") if spelled else "", end="", flush=True)
    for piece in tok.pieces(row[0] for row in stream(model, [ids], n, temperature, top_k, top_p, [seed])):
        print(piece, end="", flush=True)
    print()

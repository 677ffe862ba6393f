"""What a corpus fixes in a spec, and the knobs that may stand in its name, as in `tales:association=.5,themes=1`."""

# Vocabulary (0: set by the tokenizer), the row length its documents fit, how it is tokenised, and knobs: usual, least, most value.
CORPORA = {
    "zipf-markov": {"vocab_size": 512, "seq_len": 64, "tokenizer": "symbols"},
    "zipf-dialect": {"vocab_size": 512, "seq_len": 64, "tokenizer": "symbols"},
    "zipf-facts": {"vocab_size": 192, "seq_len": 64, "tokenizer": "symbols"},
    "hashed-ngram": {"vocab_size": 16, "seq_len": 64, "tokenizer": "symbols"},
    "pysource": {"vocab_size": 256, "seq_len": 128, "tokenizer": "bytes", "knobs": {"packages": (0, 0, 1)}},
    "tinyshakespeare": {"vocab_size": 256, "seq_len": 128, "tokenizer": "bytes"},
    "tales-text": {"vocab_size": 256, "seq_len": 128, "tokenizer": "bytes"},
    "tales": {
        "vocab_size": 846,
        "seq_len": 128,
        "tokenizer": "symbols",
        "knobs": {
            "association": (0.9, 0.05, 0.95),
            "dialect": (0.1, 0, 0.5),
            "themes": (8, 1, 48),
            "millions": (4, 1, 256),
        },
    },
}


def fixed(corpus: str) -> dict:
    """The entry of CORPORA for a name, knobs and all; a text of yours is read as pysource is. ValueError for any other name."""
    base, _, given = corpus.partition(":")
    if base == "file" and given:
        return CORPORA["pysource"]
    if base not in CORPORA:
        raise ValueError(
            f"corpus = {corpus!r}: allowed is {', '.join(CORPORA)}, file:PATH; `file:notes.txt` trains on a text of yours"
        )
    knobs(corpus)
    return CORPORA[base]


def knobs(corpus: str) -> dict[str, float]:
    """The value of every knob of a corpus: those that its name sets, the others as usual. Shares have at most two decimals."""
    base, _, given = corpus.partition(":")
    known = CORPORA[base].get("knobs", {})
    found = {name: usual for name, (usual, _, _) in known.items()}
    for part in given.split(",") if ":" in corpus else ():
        name, _, value = part.partition("=")
        try:
            usual, low, high = known[name]
            steps = 1 if isinstance(usual, int) else 100
            found[name] = round(float(value) * steps) / steps
            good = low <= found[name] <= high and abs(float(value) - found[name]) < 1e-9
        except (KeyError, ValueError, OverflowError):
            good = False
        if not good or given.count(name + "=") > 1:
            allowed = ", ".join(f"{k}={low} … {high}" for k, (_, low, high) in known.items()) or f"{base} alone: it has no knobs"
            raise ValueError(f"corpus = {corpus!r}: {part!r} will not do; allowed, each once, is {allowed}")
    return found

"""A few foundation models on this lab's axes: published N and tokens processed, C = 6 N D.

Sources: GPT-3, Brown et al. 2020 (arXiv 2005.14165), table 2.1 (175B parameters, 300B tokens). BERT-large, Devlin et al. 2019
(arXiv 1810.04805): 340M parameters; 1,000,000 steps of 256 sequences of up to 512 tokens, which the paper rounds to 128,000
tokens a step. RoBERTa-large, Liu et al. 2019 (arXiv 1907.11692): 355M; 500,000 steps of 8,192 sequences of 512 tokens.
"""

ROWS = (
    ("GPT-3 175B", 2020, "next token", 175e9, 300e9, "used as it is: tasks described in the prompt"),
    ("BERT-large", 2018, "hidden tokens", 340e6, 1_000_000 * 128_000, "classification, question answering, tagging"),
    ("RoBERTa-large", 2019, "hidden tokens", 355e6, 500_000 * 8_192 * 512, "the same tasks as BERT"),
)


def foundation_models():
    """A pandas DataFrame, a row a model; C is 6 N D, an estimate for the encoders (most of their sequences are shorter)."""
    import pandas as pd

    columns = ["model", "year", "objective", "N", "D (tokens)", "used for"]
    table = pd.DataFrame(ROWS, columns=columns)
    table.insert(5, "C (FLOPs)", 6 * table["N"] * table["D (tokens)"])
    return table

"""Published models by name: their shape, the tokens they were trained on where that is public, and where both are from."""
from dataclasses import dataclass

from labgpt.cost.dimensions import Shape


@dataclass(frozen=True)
class Published:
    shape: Shape
    tokens: float | None  # processed in training; None where not published
    source: str


def _gpt(n_layer: int, d_model: int, n_head: int, seq_len: int = 1024) -> Shape:
    return Shape(50257, seq_len, n_layer, d_model, n_head, positions=seq_len, bias=True, norm=2, tied=True, dropout=True)


def _bert(vocab_size: int, positions: int, types: int, n_layer: int, d_model: int, n_head: int) -> Shape:
    return Shape(vocab_size, 512, n_layer, d_model, n_head, positions=positions, types=types, bias=True, norm=2, encoder=True, dropout=True)


def _llama(vocab_size: int, seq_len: int, n_layer: int, d_model: int, n_head: int, n_kv_head: int, d_ff: int) -> Shape:
    return Shape(vocab_size, seq_len, n_layer, d_model, n_head, n_kv_head, d_ff, gated=True, norm=1)


GPT2 = "Radford et al. 2019, table 2, and the released config.json; tokens not published"
GPT3 = "Brown et al. 2020 (arXiv:2005.14165), table 2.1"
BERT = "Devlin et al. 2019 (arXiv:1810.04805), section 3; 1,000,000 steps of 128,000 tokens, appendix A.2"
ROBERTA = "Liu et al. 2019 (arXiv:1907.11692), table 9 and section 5; 500,000 steps of 8,192 rows of 512 tokens"
LLAMA2 = "Touvron et al. 2023 (arXiv:2307.09288), table 1 and the released config.json"
LLAMA3 = "Llama team 2024 (arXiv:2407.21783), table 3 and the released config.json; tokens: section 3.4 (405B), model card (8B, 70B)"
MISTRAL = "Jiang et al. 2023 (arXiv:2310.06825), table 1; its sliding window is not counted; tokens not published"

MODELS = {
    "gpt2": Published(_gpt(12, 768, 12), None, GPT2),
    "gpt2-medium": Published(_gpt(24, 1024, 16), None, GPT2),
    "gpt2-large": Published(_gpt(36, 1280, 20), None, GPT2),
    "gpt2-xl": Published(_gpt(48, 1600, 25), None, GPT2),
    "gpt3-small": Published(_gpt(12, 768, 12, 2048), 300e9, GPT3),
    "gpt3-6.7b": Published(_gpt(32, 4096, 32, 2048), 300e9, GPT3),
    "gpt3-175b": Published(_gpt(96, 12288, 96, 2048), 300e9, GPT3),
    "bert-base": Published(_bert(30522, 512, 2, 12, 768, 12), 128e9, BERT),
    "bert-large": Published(_bert(30522, 512, 2, 24, 1024, 16), 128e9, BERT),
    "roberta-base": Published(_bert(50265, 514, 1, 12, 768, 12), 500_000 * 8192 * 512, ROBERTA),
    "roberta-large": Published(_bert(50265, 514, 1, 24, 1024, 16), 500_000 * 8192 * 512, ROBERTA),
    "llama-2-7b": Published(_llama(32000, 4096, 32, 4096, 32, 32, 11008), 2e12, LLAMA2),
    "llama-2-13b": Published(_llama(32000, 4096, 40, 5120, 40, 40, 13824), 2e12, LLAMA2),
    "llama-2-70b": Published(_llama(32000, 4096, 80, 8192, 64, 8, 28672), 2e12, LLAMA2),
    "llama-3-8b": Published(_llama(128256, 8192, 32, 4096, 32, 8, 14336), 15e12, LLAMA3),
    "llama-3-70b": Published(_llama(128256, 8192, 80, 8192, 64, 8, 28672), 15e12, LLAMA3),
    "llama-3-405b": Published(_llama(128256, 8192, 126, 16384, 128, 8, 53248), 15.6e12, LLAMA3),
    "mistral-7b": Published(_llama(32000, 8192, 32, 4096, 32, 8, 14336), None, MISTRAL),
}

"""The counts against the model that torch builds and runs."""
import random

import pytest

torch = pytest.importorskip("torch")
model_room = pytest.importorskip("labgpt.model")

from torch.nn.attention import SDPBackend, sdpa_kernel  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from labgpt import cost  # noqa: E402
from labgpt.spec import SWITCHES, ModelConfig  # noqa: E402


def random_config(seed: int, **switches) -> ModelConfig:
    """A shape, and any of the block's switches, drawn from the seed."""
    draw = random.Random(seed)
    heads = draw.choice([1, 2, 4])
    drawn = {name: draw.choice(choices) for name, choices in SWITCHES.items()}
    return ModelConfig(draw.randint(8, 300), draw.randint(2, 64), draw.randint(1, 4), heads * 2 * draw.randint(1, 12), heads,
                       **drawn | switches)


def step(model, batch: int):
    ids = torch.randint(model.config.vocab_size, (batch, model.config.seq_len + 1))
    return model(ids[:, :-1], ids[:, 1:])


def walked(model) -> int:
    """FLOPs of a token's forward pass by the modules that are there: each Linear, each block's attention, the head."""
    config, linear = model.config, [m for m in model.modules() if isinstance(m, torch.nn.Linear) and m is not model.head]
    products = sum(2 * m.in_features * m.out_features for m in linear) + 2 * model.unembed.numel()
    return products + len(model.blocks) * 2 * (2 * config.seq_len * config.d_model)  # q·k and the sum of v, over all keys


@pytest.mark.parametrize("seed", range(50))
def test_flops_by_closed_form_by_module_walk_and_by_torch_s_counter(seed):
    config, batch = random_config(seed), 3
    model, counter = model_room.GPT(config), FlopCounterMode(display=False)
    expected = cost.flops(config, attention="full")
    assert expected.forward == walked(model)
    # MATH: the counter knows no fused CPU kernel. Torch multiplies the masked scores too, so the count is "full".
    with sdpa_kernel(SDPBackend.MATH), counter:
        loss = step(model, batch)
        assert counter.get_total_flops() == expected.forward * batch * config.seq_len
        loss.backward()
    assert counter.get_total_flops() == expected.train * batch * config.seq_len


def test_parameters_are_those_of_the_module_on_200_shapes():
    for seed in range(200):
        config = random_config(seed)
        model, n = model_room.GPT(config), cost.parameters(config)
        tables = [model.embed] + ([] if model.position is None else [model.position])
        assert n.total == sum(p.numel() for p in model.parameters()), config
        assert n.nonembedding == sum(p.numel() for p in model.blocks.parameters()), config
        assert n.embedding == sum(t.weight.numel() for t in tables), config
        assert n.head == (0 if model.head is None else model.head.weight.numel()), config
        assert n.matmul == sum(p.numel() for p in model.matrices) + model.unembed.numel(), config


def kept_floats(model, batch: int) -> int:
    """Float32 numbers that autograd keeps for the backward pass, each storage once, parameters and tables apart."""
    own = {t.untyped_storage().data_ptr() for t in [*model.parameters(), *model.buffers()]}
    kept = {}

    def pack(t):
        kept[t.untyped_storage().data_ptr()] = t
        return t

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        loss = step(model, batch)  # alive until the count is taken, or storages would be used again
        count = sum(t.untyped_storage().nbytes() // 4 for at, t in kept.items()
                    if at not in own and t.dtype == torch.float32)
        del loss
    return count


@pytest.mark.parametrize("seed", range(12))
def test_activations_are_those_autograd_keeps(seed):
    config = random_config(seed)
    counted = cost.memory(config, batch_size=4).activations / 4
    # equal to the float on torch 2.13; another release, or a copy for a kernel's sake, may keep d or 2 d more a layer
    assert counted == pytest.approx(kept_floats(model_room.GPT(config), 4), rel=0.12)

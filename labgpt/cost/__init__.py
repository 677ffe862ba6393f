"""What a model costs, counted from its shape: parameters, FLOPs, memory, time, bytes on the network, energy, money. No torch.

A model is a ModelConfig, a published name (`labgpt cost --list`) or a Hugging Face config.json.

    cost.parameters("gpt3-175b").total        # 174,604,259,328
    cost.flops(model, seq_len=1024).train     # FLOPs a token, forward and backward
    cost.memory(model, batch_size).total      # bytes
    cost.energy(device_hours, watts, pue=1.1, region="FR").kg
    cost.price("llama-2-7b", gpus=64, device="a100")     # days, dollars, kWh and CO2, each a range
"""
from labgpt.cost.devices import DEVICES, Device, device
from labgpt.cost.energy import GRID_SOURCE, GRID_YEAR, GRIDS, TRAININGS, Energy, carbon_kg, energy, energy_kwh
from labgpt.cost.flops import Flops, flops, mfu, palm_flops, seconds, training_flops
from labgpt.cost.memory import Memory, largest_batch, layer_activations, memory, model_states, rank_memory
from labgpt.cost.models import MODELS
from labgpt.cost.network import (
    pipeline_bubble,
    ring_all_reduce_bytes,
    ring_all_reduce_seconds,
    tree_all_reduce_bytes,
    zero_sent_elements,
)
from labgpt.cost.parameters import Parameters, parameters
from labgpt.cost.price import Price, affordable, factors, price, table
from labgpt.cost.roofline import Layer, layers
from labgpt.cost.shape import Shape, shape
from labgpt.cost.simulator import Habits, Layout, best, simulate

__all__ = [
    "DEVICES", "GRIDS", "GRID_SOURCE", "GRID_YEAR", "MODELS", "TRAININGS", "Device", "Energy", "Flops", "Habits", "Layer",
    "Layout", "Memory", "Parameters", "Price", "Shape", "affordable", "best", "carbon_kg", "device", "energy", "energy_kwh", "factors",
    "flops", "largest_batch", "layer_activations", "layers", "memory", "mfu", "model_states", "palm_flops", "parameters",
    "pipeline_bubble", "price", "rank_memory", "ring_all_reduce_bytes", "ring_all_reduce_seconds", "seconds", "shape", "simulate", "table",
    "training_flops", "tree_all_reduce_bytes", "zero_sent_elements",
]

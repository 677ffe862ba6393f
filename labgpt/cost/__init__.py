"""What a model costs, counted from its shape: parameters, FLOPs, memory, bytes on the network, energy. No torch.

    cost.parameters(model).matmul        # weights that multiply
    cost.training_flops(model, tokens)   # C, exact for matrix multiplications
    cost.memory(model, batch_size).total # bytes
"""
from labgpt.cost.energy import carbon_kg, energy_kwh
from labgpt.cost.flops import Flops, flops, training_flops
from labgpt.cost.memory import Memory, memory
from labgpt.cost.network import ring_all_reduce_bytes, ring_all_reduce_seconds, tree_all_reduce_bytes
from labgpt.cost.parameters import Parameters, parameters

__all__ = [
    "Flops", "Memory", "Parameters", "carbon_kg", "energy_kwh", "flops", "memory", "parameters",
    "ring_all_reduce_bytes", "ring_all_reduce_seconds", "training_flops", "tree_all_reduce_bytes",
]

# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The networks that are measured. A family is a module with a FILE for Sinter, NETWORKS by name, and what peers make of one:
torch_case(torch, compile, network, training), jax_case(jax, random, network, training), onnx_model(network) and
onnx_input(network)."""
import convolutional
import recurrent

FAMILIES = (recurrent, convolutional)


def network_of(case):
    """The family and the network of the case NETWORK-step or NETWORK-forward, and whether it is a training step; else None."""
    name, _, what = case.rpartition("-")
    for family in FAMILIES:
        if what in ("step", "forward") and name in family.NETWORKS:
            return family, family.NETWORKS[name], what == "step"
    return None

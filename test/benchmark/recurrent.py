# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The recurrent networks of recurrent.sinter: their work, and how peers write them.

Sequences are [batch, steps, inputs]; a Linear reads the last step of the last layer; training steps use Adam.
"""
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).resolve().parent / "recurrent.sinter"


@dataclass(frozen=True)
class Network:
    module: str  # in recurrent.sinter
    cell: str  # LSTM, GRU
    inputs: int
    hidden: int
    layers: int
    outputs: int
    steps: int
    batch: int
    classifies: bool  # cross-entropy, else the mean squared error

    @property
    def what(self):
        return f"{self.cell} {self.inputs}→{self.hidden}, {self.layers} layer{'s'[: self.layers > 1]}, T {self.steps}, " \
               f"batch {self.batch}"

    @property
    def gates(self):
        return {"LSTM": 4, "GRU": 3}[self.cell]

    @property
    def widths(self):
        """The inputs of each layer."""
        return [self.inputs] + [self.hidden] * (self.layers - 1)

    def flops(self, training):
        """Of products alone: forward; in training those of the gradients of weights, states and inputs of upper layers."""
        total = 2 * self.batch * self.hidden * self.outputs * (3 if training else 1)
        for layer, width in enumerate(self.widths):
            extents = width + self.hidden
            if training:
                extents += width + self.hidden + self.hidden + (width if layer else 0)
            total += 2 * self.batch * self.steps * self.gates * self.hidden * extents
        return total


NETWORKS = {
    "rows": Network("Rows", "LSTM", 28, 64, 1, 10, 28, 64, True),
    "wave": Network("Wave", "LSTM", 1, 50, 1, 1, 50, 16, False),
    "few": Network("Rows", "LSTM", 28, 64, 1, 10, 28, 4, True),
    "deep": Network("Deep", "GRU", 64, 256, 2, 10, 100, 32, True),
}


def torch_case(torch, compile, network, training):
    nn = torch.nn

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = getattr(nn, network.cell)(network.inputs, network.hidden, network.layers, batch_first=True)
            self.out = nn.Linear(network.hidden, network.outputs)

        def forward(self, x):
            return self.out(self.rnn(x)[0][:, -1, :])

    plain = Model()
    model = compile(plain)
    x = torch.randn(network.batch, network.steps, network.inputs)
    if not training:
        def forward():
            with torch.inference_mode():
                return model(x)

        return forward
    y = torch.zeros(network.batch, dtype=torch.int64) if network.classifies else torch.zeros(network.batch, network.outputs)
    criterion = nn.CrossEntropyLoss() if network.classifies else nn.MSELoss()
    optimizer = torch.optim.Adam(plain.parameters(), lr=0.01)
    update = compile(optimizer.step)

    def step():
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        update()
        return loss

    return step


def jax_forward(jax, network):
    """A scan for each layer, the product of its inputs before it."""
    numpy, split = jax.numpy, lambda x, parts: jax.numpy.split(x, parts, axis=1)

    def lstm(weight, bias):
        def step(state, x):
            h, c = state
            i, f, g, o = split(x + h @ weight.T + bias, 4)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * numpy.tanh(g)
            h = jax.nn.sigmoid(o) * numpy.tanh(c)
            return (h, c), h

        return step, 2

    def gru(weight, bias):
        def step(state, x):
            (h,) = state
            (xr, xz, xn), (hr, hz, hn) = split(x, 3), split(h @ weight.T + bias, 3)
            r, z = jax.nn.sigmoid(xr + hr), jax.nn.sigmoid(xz + hz)
            h = (1 - z) * numpy.tanh(xn + r * hn) + z * h
            return (h,), h

        return step, 1

    cell = {"LSTM": lstm, "GRU": gru}[network.cell]

    def forward(parameters, x):
        *layers, (weight, bias) = parameters
        x = x.transpose(1, 0, 2)
        for input_weight, input_bias, hidden_weight, hidden_bias in layers:
            step, states = cell(hidden_weight, hidden_bias)
            zeros = (numpy.zeros((network.batch, network.hidden)),) * states
            _, x = jax.lax.scan(step, zeros, x @ input_weight.T + input_bias)
        return x[-1] @ weight.T + bias

    return forward


def jax_case(jax, random, network, training):
    rows = network.gates * network.hidden
    parameters = [(random(rows, width), random(rows), random(rows, network.hidden), random(rows)) for width in network.widths]
    parameters.append((random(network.outputs, network.hidden), random(network.outputs)))
    x, forward = random(network.batch, network.steps, network.inputs), jax_forward(jax, network)
    if not training:
        compiled = jax.jit(forward)
        return lambda: compiled(parameters, x).block_until_ready()

    def loss(parameters):
        y = forward(parameters, x)
        return -jax.nn.log_softmax(y, axis=1)[:, 0].mean() if network.classifies else (y * y).mean()

    def adam(parameter, gradient, mean, square, count):
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient * gradient
        scale = jax.numpy.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        return parameter - 0.01 * scale * mean / (jax.numpy.sqrt(square) + 1e-8), mean, square

    def step(state):
        parameters, means, squares, count = state
        value, gradients = jax.value_and_grad(loss)(parameters)
        leaves, tree = jax.tree_util.tree_flatten(parameters)
        flat = [jax.tree_util.tree_leaves(other) for other in (gradients, means, squares)]
        new = [adam(*four, count) for four in zip(leaves, *flat)]
        return (*(jax.tree_util.tree_unflatten(tree, part) for part in zip(*new)), count + 1.0), value

    zeros = lambda: jax.tree_util.tree_map(jax.numpy.zeros_like, parameters)
    compiled, state = jax.jit(step, donate_argnums=0), [(parameters, zeros(), zeros(), jax.numpy.float32(1))]

    def call():
        state[0], value = compiled(state[0])
        value.block_until_ready()
        jax.block_until_ready(state[0])

    return call


def onnx_input(network):
    return network.steps, network.batch, network.inputs


def onnx_model(network):
    """The forward as a serialised ONNX model."""
    import numpy
    from onnx import TensorProto, helper, numpy_helper
    random = numpy.random.default_rng(0)
    nodes, initializers, value = [], [], "x"

    def constant(name, *shape):
        data = random.uniform(-0.05, 0.05, shape).astype(numpy.float32)
        initializers.append(numpy_helper.from_array(data, name))
        return name

    def indices(name, values):
        initializers.append(numpy_helper.from_array(numpy.array(values, dtype=numpy.int64), name))
        return name

    rows = network.gates * network.hidden
    for layer, width in enumerate(network.widths):
        weights = [constant(f"w{layer}", 1, rows, width), constant(f"r{layer}", 1, rows, network.hidden),
                   constant(f"b{layer}", 1, 2 * rows)]
        options = {"linear_before_reset": 1} if network.cell == "GRU" else {}
        # A sequence [steps, 1, batch, hidden], and the last state [1, batch, hidden].
        nodes.append(helper.make_node(network.cell, [value] + weights, [f"y{layer}", f"h{layer}"],
                                      hidden_size=network.hidden, **options))
        last = layer + 1 == network.layers
        nodes.append(helper.make_node("Squeeze", [f"{'h' if last else 'y'}{layer}", indices(f"axis{layer}", [0 if last else 1])],
                                      [f"s{layer}"]))
        value = f"s{layer}"
    nodes.append(helper.make_node("Gemm", [value, constant("w", network.outputs, network.hidden), constant("b", network.outputs)],
                                  ["y"], transB=1))
    graph = helper.make_graph(nodes, network.module,
                              [helper.make_tensor_value_info("x", TensorProto.FLOAT, onnx_input(network))],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, [network.batch, network.outputs])], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()

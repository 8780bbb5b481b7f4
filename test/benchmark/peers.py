#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The peers of `./dev bench --peers`: the cases of bench.py in other frameworks, float32.

    peers.py PEER THREADS      # PEER: torch, torch.compile, jax, onnxruntime, openvino

Answers each line of the standard input, the name of a case, with the median of the seconds of a call, or with a line that
starts with "-" and says why there is none. "epochs FOLDER N" gives the seconds of N epochs over the images in a folder (torch).
"""
import gzip
import os
import statistics
import sys
import time

import moves
from networks import network_of

LAYERS = [(784, 128), (128, 64), (64, 10)]
BATCHES = {"step": 64, "layer": 64, "layer4": 4, "forward64": 64, "forward1": 1}
SIZES = {"product512": 512, "product1024": 1024}
TURNS = 3  # of calls that are measured in turns


def warm_up(call, budget):
    """How many calls are a sample of at least 200 us, measured for as long as the budget."""
    start, calls = time.perf_counter(), 0
    while calls < 3 or time.perf_counter() - start < budget:
        call()
        calls += 1
    return max(1, int(200e-6 * calls / (time.perf_counter() - start)))


def samples(call, repeats, budget, least):
    """Seconds a call, the caches warm with what it reads."""
    call()
    values, start = [], time.perf_counter()
    while len(values) < least or time.perf_counter() - start < budget:
        begin = time.perf_counter()
        for _ in range(repeats):
            call()
        values.append((time.perf_counter() - begin) / repeats)
    return values


def median_seconds(calls, budget=0.7, least=30):
    """The median of the samples of the fastest of some calls that do the same, measured in turns after a warm-up."""
    repeats = [warm_up(call, budget / 3) for call in calls]
    times = [[] for _ in calls]
    for _ in range(TURNS):
        for call, count, values in zip(calls, repeats, times):
            values += samples(call, count, budget / TURNS, least // TURNS)
    return min(map(statistics.median, times))


class Torch:
    def __init__(self, threads, compiled=False):
        import torch
        self.torch, self.compiled = torch, compiled
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        if compiled:
            torch._dynamo.config.recompile_limit = 1000  # a process compiles many networks, and none is to fall back

    def compile(self, function):
        return self.torch.compile(function) if self.compiled else function

    def model(self):
        nn = self.torch.nn
        layers = []
        for inputs, outputs in LAYERS:
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        return nn.Sequential(*layers[:-1], nn.LogSoftmax(dim=1))

    def step(self):
        torch = self.torch
        network = self.model()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.003)
        network, update = self.compile(network), self.compile(optimizer.step)

        def step(images, labels):
            optimizer.zero_grad()
            loss = torch.nn.functional.nll_loss(network(images), labels)
            loss.backward()
            update()
            return loss

        return step

    def case(self, name):
        torch = self.torch
        if name in SIZES:
            a, b = torch.rand(2, SIZES[name], SIZES[name]) - 0.5
            product = self.compile(lambda: a @ b)
            return lambda: product()
        found = network_of(name)
        if found:
            family, network, training = found
            return family.torch_case(torch, self.compile, network, training)
        move = moves.torch_case(torch, self.compile, name)
        if move:
            return move
        images = torch.randn(BATCHES[name], 784)
        if name == "step":
            step, labels = self.step(), torch.zeros(64, dtype=torch.int64)
            return lambda: step(images, labels)
        layer = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU())
        network = self.compile(layer if name in ("layer", "layer4") else self.model())

        def forward():
            with torch.inference_mode():
                return network(images)

        return forward

    def epochs(self, folder, count):
        import numpy
        torch = self.torch

        def read(name, header):
            with gzip.open(os.path.join(folder, name)) as file:
                return numpy.frombuffer(file.read(), dtype=numpy.uint8, offset=header)

        images = torch.from_numpy(read("train-images-idx3-ubyte.gz", 16).reshape(-1, 784).astype(numpy.float32))
        images = images.div_(255).sub_(0.5).div_(0.5)
        labels = torch.from_numpy(read("train-labels-idx1-ubyte.gz", 8).astype(numpy.int64))
        step = self.step()
        step(images[:64], labels[:64])
        start = time.perf_counter()
        for _ in range(int(count)):
            for rows in torch.randperm(len(images)).split(64):
                step(images[rows], labels[rows])
        return time.perf_counter() - start


class Jax:
    def __init__(self, threads):
        # XLA takes as many threads as it may use processors.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        import jax
        self.jax = jax

    def random(self, *shape):
        return self.jax.random.uniform(self.jax.random.PRNGKey(0), shape, minval=-0.05, maxval=0.05)

    def case(self, name):
        jax = self.jax
        if name in SIZES:
            a, b = self.random(2, SIZES[name], SIZES[name])
            product = jax.jit(lambda a, b: a @ b)
            return lambda: product(a, b).block_until_ready()
        found = network_of(name)
        if found:
            family, network, training = found
            return family.jax_case(jax, self.random, network, training)
        if name not in BATCHES:
            return None
        images = self.random(BATCHES[name], 784)
        parameters = [(self.random(outputs, inputs), self.random(outputs)) for inputs, outputs in LAYERS]

        def layer(x, weight, bias):
            return x @ weight.T + bias

        def forward(parameters, x):
            for weight, bias in parameters[:-1]:
                x = jax.nn.relu(layer(x, weight, bias))
            return jax.nn.log_softmax(layer(x, *parameters[-1]), axis=1)

        if name == "step":
            return self.step(forward, parameters, images)
        if name in ("layer", "layer4"):
            function = jax.jit(lambda parameters, x: jax.nn.relu(layer(x, *parameters[0])))
        else:
            function = jax.jit(forward)
        return lambda: function(parameters, images).block_until_ready()

    def step(self, forward, parameters, images):
        jax = self.jax
        labels = jax.numpy.zeros(64, dtype=jax.numpy.int32)

        def loss(parameters, images, labels):
            return -forward(parameters, images)[jax.numpy.arange(64), labels].mean()

        def step(parameters, images, labels):
            value, gradients = jax.value_and_grad(loss)(parameters, images, labels)
            return jax.tree_util.tree_map(lambda p, g: p - 0.003 * g, parameters, gradients), value

        compiled = jax.jit(step, donate_argnums=0)
        state = [parameters]

        def call():
            state[0], value = compiled(state[0], images, labels)
            value.block_until_ready()
            state[0][0][0].block_until_ready()

        return call


def random_input(name):
    """What the network reads, as ONNX has it."""
    import numpy
    found = network_of(name)
    shape = found[0].onnx_input(found[1]) if found else (BATCHES[name], 784)
    return numpy.random.default_rng(0).standard_normal(shape).astype(numpy.float32)


def onnx_model(name):
    """What computes forwards alone as a serialised ONNX model; None for the other cases."""
    found = network_of(name)
    if found:
        family, network, training = found
        return None if training else family.onnx_model(network)
    if name not in ("layer", "layer4", "forward1", "forward64"):
        return None
    import numpy
    from onnx import TensorProto, helper, numpy_helper
    random = numpy.random.default_rng(0)
    layers = LAYERS[:1] if name in ("layer", "layer4") else LAYERS
    nodes, initializers, value = [], [], "x"
    for number, (inputs, outputs) in enumerate(layers):
        for what, shape in (("w", (outputs, inputs)), ("b", (outputs,))):
            data = random.uniform(-0.05, 0.05, shape).astype(numpy.float32)
            initializers.append(numpy_helper.from_array(data, f"{what}{number}"))
        nodes.append(helper.make_node("Gemm", [value, f"w{number}", f"b{number}"], [f"z{number}"], transB=1))
        last = number + 1 == len(LAYERS)
        nodes.append(helper.make_node("LogSoftmax" if last else "Relu", [f"z{number}"], [f"y{number}"]))
        value = f"y{number}"
    batch = BATCHES[name]
    graph = helper.make_graph(nodes, name, [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 784])],
                              [helper.make_tensor_value_info(value, TensorProto.FLOAT, [batch, layers[-1][1]])], initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()


class OnnxRuntime:
    def __init__(self, threads):
        import onnxruntime
        self.runtime, self.options = onnxruntime, onnxruntime.SessionOptions()
        self.options.intra_op_num_threads = threads

    def case(self, name):
        model = onnx_model(name)
        if not model:
            return None
        session = self.runtime.InferenceSession(model, self.options, providers=["CPUExecutionProvider"])
        binding = session.io_binding()
        binding.bind_cpu_input("x", random_input(name))
        binding.bind_output(session.get_outputs()[0].name)
        return lambda: session.run_with_iobinding(binding)


class OpenVino:
    def __init__(self, threads):
        import openvino
        self.core = openvino.Core()
        self.options = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}

    def case(self, name):
        import openvino
        model = onnx_model(name)
        if not model:
            return None
        request = self.core.compile_model(self.core.read_model(model, b""), "CPU", self.options).create_infer_request()
        request.set_input_tensor(openvino.Tensor(random_input(name), shared_memory=True))
        return request.infer


PEERS = {"torch": Torch, "torch.compile": lambda threads: Torch(threads, compiled=True), "jax": Jax,
         "onnxruntime": OnnxRuntime, "openvino": OpenVino}


def answer(peer, cases, words):
    if words[0] == "epochs":
        return peer.epochs(*words[1:])
    if words[0] not in cases:
        cases[words[0]] = peer.case(words[0])
    case = cases[words[0]]
    if not case:
        return "- not a case of this peer"
    return median_seconds(case if isinstance(case, list) else [case])


def main():
    name, threads = sys.argv[1], int(sys.argv[2])
    os.environ["OMP_NUM_THREADS"] = str(threads)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    peer, cases = PEERS[name](threads), {}
    for line in sys.stdin:
        try:
            text = answer(peer, cases, line.split())
        except Exception as error:  # a peer that fails is left out of the table
            text = f"- {type(error).__name__}: {error}".splitlines()[0]
        print(text, file=answers, flush=True)


if __name__ == "__main__":
    main()

# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The convolutional networks and layers of convolutional.sinter: their work, and how peers write them.

Images are [batch, channels, height, width]. A network is a tuple of layers, each of which knows the shape of its result without
the batch, its work, and what it is for PyTorch and ONNX. Training steps use SGD with the mean cross-entropy. JAX has no case.
"""
import math
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).resolve().parent / "convolutional.sinter"


@dataclass(frozen=True)
class Convolution:
    inputs: int
    outputs: int
    kernel: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    bias: bool = True
    transposed: bool = False

    def result(self, shape):
        if self.transposed:
            sizes = ((size - 1) * self.stride - 2 * self.padding + self.kernel for size in shape[1:])
        else:
            sizes = ((size + 2 * self.padding - self.kernel) // self.stride + 1 for size in shape[1:])
        return (self.outputs, *sizes)

    def flops(self, shape):
        """All taps count, those outside of the image too: a weight for each element of the result (of the input, if transposed)."""
        pixels = shape[1:] if self.transposed else self.result(shape)[1:]
        return 2 * math.prod(pixels) * self.inputs * self.outputs // self.groups * self.kernel**2

    def torch(self, nn):
        make = nn.ConvTranspose2d if self.transposed else nn.Conv2d
        return make(self.inputs, self.outputs, self.kernel, self.stride, self.padding, groups=self.groups, bias=self.bias)

    def onnx(self, graph, value):
        first, second = (self.inputs, self.outputs) if self.transposed else (self.outputs, self.inputs)
        values = [value, graph.random(first, second // self.groups, self.kernel, self.kernel)]
        values += [graph.random(self.outputs)] if self.bias else []
        return graph.node("ConvTranspose" if self.transposed else "Conv", values, kernel_shape=[self.kernel] * 2,
                          strides=[self.stride] * 2, pads=[self.padding] * 4, group=self.groups)


@dataclass(frozen=True)
class Linear:
    inputs: int
    outputs: int

    def result(self, shape):
        return (self.outputs,)

    def flops(self, shape):
        return 2 * self.inputs * self.outputs

    def torch(self, nn):
        return nn.Linear(self.inputs, self.outputs)

    def onnx(self, graph, value):
        return graph.node("Gemm", [value, graph.random(self.outputs, self.inputs), graph.random(self.outputs)], transB=1)


class Cheap:
    """A layer without products, of the shape of its input."""

    def result(self, shape):
        return shape

    def flops(self, shape):
        return 0


@dataclass(frozen=True)
class BatchNorm(Cheap):
    channels: int

    def torch(self, nn):
        return nn.BatchNorm2d(self.channels)

    def onnx(self, graph, value):
        scale, shift, mean = (graph.random(self.channels) for _ in range(3))
        return graph.node("BatchNormalization", [value, scale, shift, mean, graph.random(self.channels, least=0.5, most=1.5)])


class Relu(Cheap):
    def torch(self, nn):
        return nn.ReLU()

    def onnx(self, graph, value):
        return graph.node("Relu", [value])


class Flatten(Cheap):
    def result(self, shape):
        return (math.prod(shape),)

    def torch(self, nn):
        return nn.Flatten()

    def onnx(self, graph, value):
        return graph.node("Flatten", [value])


@dataclass(frozen=True)
class Pool(Cheap):
    kind: str  # Max, Average
    kernel: int
    stride: int
    padding: int = 0

    def result(self, shape):
        return (shape[0], *((size + 2 * self.padding - self.kernel) // self.stride + 1 for size in shape[1:]))

    def torch(self, nn):
        return {"Max": nn.MaxPool2d, "Average": nn.AvgPool2d}[self.kind](self.kernel, self.stride, self.padding)

    def onnx(self, graph, value):
        return graph.node(f"{self.kind}Pool", [value], kernel_shape=[self.kernel] * 2, strides=[self.stride] * 2,
                          pads=[self.padding] * 4)


@dataclass(frozen=True)
class Residual:
    """The sum of what its layers and those around them (none: the input) make."""
    layers: tuple
    around: tuple = ()

    def result(self, shape):
        return result(self.layers, shape)

    def flops(self, shape):
        return flops(self.layers, shape) + flops(self.around, shape)

    def torch(self, nn):
        class Sum(nn.Module):
            def __init__(self, layers, around):
                super().__init__()
                self.layers, self.around = layers, around

            def forward(self, x):
                return self.layers(x) + self.around(x)

        return Sum(sequence(nn, self.layers), sequence(nn, self.around))

    def onnx(self, graph, value):
        return graph.node("Add", [chain(graph, self.layers, value), chain(graph, self.around, value)])


def result(layers, shape):
    for layer in layers:
        shape = layer.result(shape)
    return shape


def flops(layers, shape):
    return sum(layer.flops(result(layers[:number], shape)) for number, layer in enumerate(layers))


def sequence(nn, layers):
    return nn.Sequential(*(layer.torch(nn) for layer in layers))


def chain(graph, layers, value):
    for layer in layers:
        value = layer.onnx(graph, value)
    return value


@dataclass(frozen=True)
class Network:
    title: str
    module: str  # in convolutional.sinter
    layers: tuple
    shape: tuple  # of an image
    batch: int
    rate: float = 0.01
    momentum: float = 0.0

    @property
    def what(self):
        return f"{self.title}, batch {self.batch}"

    def flops(self, training):
        """Of products alone: forward; in training those of the gradients of weights, and of inputs but for the first layer's."""
        forward = flops(self.layers, self.shape)
        return self.batch * (3 * forward - self.layers[0].flops(self.shape) if training else forward)


def block(inputs, outputs, stride, around):
    layers = (Convolution(inputs, outputs, 3, stride, 1, bias=False), BatchNorm(outputs), Relu(),
              Convolution(outputs, outputs, 3, padding=1, bias=False), BatchNorm(outputs))
    return Residual(layers, around), Relu()


def tiny_block(inputs, outputs, stride):
    return block(inputs, outputs, stride, (Convolution(inputs, outputs, 1, stride),) if stride > 1 else ())


def resnet_block(inputs, outputs, stride):
    around = (Convolution(inputs, outputs, 1, stride, bias=False), BatchNorm(outputs)) if stride > 1 else ()
    return block(inputs, outputs, stride, around)


LENET = (Convolution(1, 6, 5, padding=2), Relu(), Pool("Max", 2, 2), Convolution(6, 16, 5), Relu(), Pool("Max", 2, 2), Flatten(),
         Linear(400, 120), Relu(), Linear(120, 84), Relu(), Linear(84, 10))
CIFAR = (Convolution(3, 32, 5, padding=2), Pool("Max", 2, 2), Convolution(32, 32, 5, padding=2), Pool("Max", 2, 2),
         Convolution(32, 64, 5, padding=2), Pool("Max", 2, 2), Flatten(), Linear(1024, 64), Linear(64, 10))
RESNET8 = (Convolution(3, 16, 3, padding=1, bias=False), BatchNorm(16), Relu(), *tiny_block(16, 16, 1), *tiny_block(16, 32, 2),
           *tiny_block(32, 64, 2), Pool("Average", 8, 8), Flatten(), Linear(64, 10))
RESNET18 = (Convolution(3, 64, 7, 2, 3, bias=False), BatchNorm(64), Relu(), Pool("Max", 3, 2, 1),
            *resnet_block(64, 64, 1), *resnet_block(64, 64, 1), *resnet_block(64, 128, 2), *resnet_block(128, 128, 1),
            *resnet_block(128, 256, 2), *resnet_block(256, 256, 1), *resnet_block(256, 512, 2), *resnet_block(512, 512, 1),
            Pool("Average", 7, 7), Flatten(), Linear(512, 1000))

NETWORKS = {}
for batch in (1, 64):
    NETWORKS[f"lenet-{batch}"] = Network("LeNet-5", "LeNet", LENET, (1, 28, 28), batch, rate=0.02, momentum=0.9)
    NETWORKS[f"cifar-{batch}"] = Network("CIFAR CNN", "Cifar", CIFAR, (3, 32, 32), batch)
for batch in (1, 32):
    NETWORKS[f"resnet8-{batch}"] = Network("ResNet-8", "ResNet8", RESNET8, (3, 32, 32), batch, rate=0.02, momentum=0.9)
    NETWORKS[f"pixels256-{batch}"] = Network("1×1, 256→256 at 14×14", "Pixels256", (Convolution(256, 256, 1),), (256, 14, 14),
                                             batch)
NETWORKS |= {
    "resnet18-1": Network("ResNet-18 at 224×224", "ResNet18", RESNET18, (3, 224, 224), 1),
    "conv64-1": Network("3×3, 64→64 at 56×56", "Conv64", (Convolution(64, 64, 3, padding=1),), (64, 56, 56), 1),
    "conv512-1": Network("3×3, 512→512 at 7×7", "Conv512", (Convolution(512, 512, 3, padding=1),), (512, 7, 7), 1),
    "depth128-1": Network("depthwise 3×3, 128 at 28×28", "Depth128", (Convolution(128, 128, 3, padding=1, groups=128),),
                          (128, 28, 28), 1),
    "up64-32": Network("transposed 2×2, stride 2, 64→32 at 14×14", "Up64", (Convolution(64, 32, 2, 2, transposed=True),),
                       (64, 14, 14), 32),
}


def torch_case(torch, compile, network, training):
    """A call for each of PyTorch's layouts: which one is faster depends on the network."""
    return [torch_call(torch, compile, network, training, layout)
            for layout in (torch.contiguous_format, torch.channels_last)]


def torch_call(torch, compile, network, training, layout):
    plain = sequence(torch.nn, network.layers).train(training).to(memory_format=layout)
    model = compile(plain)
    x = torch.randn(network.batch, *network.shape).to(memory_format=layout)

    def forward():
        with torch.inference_mode():
            return model(x)

    labels = torch.zeros(network.batch, dtype=torch.int64)
    optimizer = torch.optim.SGD(plain.parameters(), lr=network.rate, momentum=network.momentum)
    update = compile(optimizer.step)

    def step():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), labels)
        loss.backward()
        update()
        return loss

    return step if training else forward


def jax_case(jax, random, network, training):
    return None


class Graph:
    """The nodes and constants of an ONNX graph."""

    def __init__(self):
        import numpy
        self.random_numbers, self.nodes, self.constants = numpy.random.default_rng(0), [], []

    def random(self, *shape, least=-0.05, most=0.05):
        from onnx import numpy_helper
        name = f"c{len(self.constants)}"
        data = self.random_numbers.uniform(least, most, shape).astype("float32")
        self.constants.append(numpy_helper.from_array(data, name))
        return name

    def node(self, kind, values, **attributes):
        from onnx import helper
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, values, [name], **attributes))
        return name


def onnx_input(network):
    return network.batch, *network.shape


def onnx_model(network):
    """The forward as a serialised ONNX model."""
    from onnx import TensorProto, helper
    graph = Graph()
    value = chain(graph, network.layers, "x")
    tensor = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, [network.batch, *shape])
    outputs = [tensor(value, result(network.layers, network.shape))]
    made = helper.make_graph(graph.nodes, network.module, [tensor("x", network.shape)], outputs, graph.constants)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()

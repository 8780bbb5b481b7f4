# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Rules for what reads images at computed or drawn places.
import math

from builder import number, text_of
from rules import rule
from windows import image, per_dim, untied, with_indices


def reshaped(text, shape):
    return f"({text}).reshape({', '.join(map(str, shape))})"


def places(f, shape):
    """Places that are far from where samples have an edge: multiples of a step that no extent divides, and a little more."""
    count = math.prod(shape)
    reach = f.choice([0.9, 1.3, 2.1])
    y = f.f32(f.within(f.fresh("float", shape), -2, 2))
    low, step = -reach, number(round(2 * reach / 43, 6))
    text = f"tanh({y}) * 0.0005 + {reshaped(f'((arange({count}) * 17) % 43).float() * {step} - {number(-low)} + 0.0137', shape)}"
    return f.let(text, "f32", shape, -reach - 0.1, reach + 0.1, 0.0005 * y.slope)


@rule("grid_sample")
def grid_sample(f, name):
    spatial = f.choice([2, 2, 3])
    x = f.f32(f.within(f.pick(rank=(spatial + 2, spatial + 2), ok=lambda v: 0 < v.elements <= 100), -2, 2))
    counts = tuple(f.choice([1, 2, 3]) for _ in range(spatial))
    grid = places(f, (x.shape[0],) + counts + (spatial,))
    mode = f.choice(["bilinear", "nearest"] + ["bicubic"] * (spatial == 2))
    outside = f.choice(["zeros", "border", "reflection"])
    corners = f.choice(["", ", align_corners=true", ", align_corners=false"])
    reach = x.magnitude * (2 if mode == "bicubic" else 1)
    slope = 2 * x.slope + 4 * max(x.shape[2:]) * x.magnitude * grid.slope
    return f.let(f'grid_sample({x}, {grid}, "{mode}", "{outside}"{corners})', "f32", x.shape[:2] + counts, -reach, reach, slope)


@rule("affine_grid")
def affine_grid(f, name):
    spatial, batch = f.choice([2, 3]), f.choice([1, 2])
    theta = f.f32(f.within(f.fresh("float", (batch, spatial, spatial + 1)), -2, 2))
    counts = tuple(f.choice([1, 2, 3, 4]) for _ in range(spatial))
    corners = f.choice(["", ", align_corners=true"])
    text = f"affine_grid({theta}, {text_of([batch, f.choice([1, 3])] + list(counts))}{corners})"
    reach = (spatial + 1) * theta.magnitude
    return f.let(text, "f32", (batch,) + counts + (spatial,), -reach, reach, (spatial + 1) * theta.slope)


@rule("fractional_max_pool2d", "fractional_max_pool3d", "FractionalMaxPool2d", "FractionalMaxPool3d")
def fractional_max_pool(f, name):
    spatial = int(name[-2])
    x = image(f, spatial)
    y = untied(f, x)
    sizes, counts = [], []
    for extent in x.shape[-spatial:]:
        size = f.choice([n for n in (1, 2, 3) if n < extent] or [1])
        most = extent - size + (1 if spatial == 2 else 0)
        sizes.append(size)
        counts.append(f.choice([n for n in (1, 2, 3) if n <= most] or [0]))
    indices = f.chance(0.3)
    options = f"{per_dim(f, sizes)}, output_size={text_of(counts)}" + (", return_indices=true" if indices else "")
    text = f"{f.layer(f'{name}({options})')}({y})" if name[0] == "F" else f"{name}({y}, {options})"
    shape = x.shape[:x.rank - spatial] + tuple(counts)
    return with_indices(f, text, y, shape) if indices else f.like(text, y, shape=shape)

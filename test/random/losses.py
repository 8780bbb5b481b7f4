# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Rules for losses, as functions and as layers.
import math

from builder import Value, text_of
from indexing import indices
from rules import rule

LAYERS = {
    "l1_loss": "L1Loss", "mse_loss": "MSELoss", "smooth_l1_loss": "SmoothL1Loss", "huber_loss": "HuberLoss",
    "binary_cross_entropy": "BCELoss", "binary_cross_entropy_with_logits": "BCEWithLogitsLoss", "kl_div": "KLDivLoss",
    "nll_loss": "NLLLoss", "cross_entropy": "CrossEntropyLoss", "multi_margin_loss": "MultiMarginLoss",
    "hinge_embedding_loss": "HingeEmbeddingLoss", "margin_ranking_loss": "MarginRankingLoss",
    "cosine_embedding_loss": "CosineEmbeddingLoss", "triplet_margin_loss": "TripletMarginLoss",
    "soft_margin_loss": "SoftMarginLoss", "pairwise_distance": "PairwiseDistance",
}
FUNCTION_OF = {layer: function for function, layer in LAYERS.items()}


def both(*functions):
    """A rule for functions and their layers; the rule is called with the function's name and how to write a call."""
    def register(build):
        def apply(f, name):
            function = FUNCTION_OF.get(name, name)

            def write(*operands, **options):
                if name == function:
                    return f.call(name, *operands, **options)
                settings = ", ".join(f"{key}={text_of(value)}" for key, value in options.items())
                return f"{f.layer(f'{name}({settings})')}({', '.join(map(str, operands))})"
            return build(f, function, write)
        return rule(*functions, *(LAYERS[function] for function in functions))(apply)
    return register


def reduction(f, *further):
    """The option, and how many values the result sums."""
    return f.choice([{}, {}, {"reduction": '"sum"'}, {"reduction": '"none"'}, {"reduction": '"mean"'}] + list(further))


def loss(f, text, options, x, shape, reach, slope):
    """Adds the value of a loss whose elements are at most `reach`."""
    kind = options.get("reduction", '"mean"')
    count = math.prod(shape)
    if kind == '"none"':
        return f.like(text, x, -reach, reach, slope, shape)
    scale = count if kind in ('"sum"', '"batchmean"') else 1
    return f.like(text, x, -reach * scale, reach * scale, slope * scale, ())


def pair(f, low=-6, high=6, rank=(0, 4)):
    x = f.f32(f.within(f.pick(rank=rank), low, high))
    return x, f.f32(f.within(f.pick(shape=x.shape), low, high))


@both("l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss")
def distances(f, name, write):
    x, y = pair(f)
    options = reduction(f)
    if name == "smooth_l1_loss" and f.chance(0.5):
        options = dict(options, beta=0.4)
    if name == "huber_loss" and f.chance(0.5):
        options = dict(options, delta=0.7)
    reach = x.magnitude + y.magnitude
    return loss(f, write(x, y, **options), options, x, x.shape, max(reach, reach**2),
                (x.slope + y.slope) * (2 * reach + 1))


@both("binary_cross_entropy", "binary_cross_entropy_with_logits")
def binary(f, name, write):
    logits = name.endswith("logits")
    x = f.f32(f.within(f.pick(), -9, 9) if logits else f.within(f.pick(), 0.1, 0.9))
    y = f.f32(f.within(f.pick(shape=x.shape), 0.05, 0.95))
    options = reduction(f)
    if f.chance(0.3) and x.rank:
        options = dict(options, weight=f.within(f.pick(shape=x.shape[-1:]), 0.2, 3))
    if f.chance(0.3) and x.rank and logits:
        options = dict(options, pos_weight=f.within(f.pick(shape=x.shape[-1:]), 0.2, 3))
    slope = x.slope + y.slope + sum(v.slope for v in options.values() if isinstance(v, Value))
    return loss(f, write(x, y, **options), options, x, x.shape, 100, 40 * slope)


@both("kl_div")
def divergence(f, name, write):
    x, y = pair(f, -3, 3, rank=(1, 3))
    options = reduction(f, {"reduction": '"batchmean"'})
    if f.chance(0.5):
        return loss(f, write(x, y, log_target=True, **options), options, x, x.shape, 130, 60 * (x.slope + y.slope))
    y = f.within(y, 0.1, 3)
    return loss(f, write(x, y, **options), options, x, x.shape, 20, 8 * (x.slope + y.slope))


def scores(f, rank):
    x = f.f32(f.within(f.pick(rank=rank), -9, 9))
    dim = 1 if x.rank > 1 else 0
    return x, x.shape[dim], indices(f, x.shape[dim], x.shape[:dim] + x.shape[dim + 1:])


@both("nll_loss", "cross_entropy")
def likelihoods(f, name, write):
    x, classes, target = scores(f, (1, 4))
    options = reduction(f)
    if name == "cross_entropy" and f.chance(0.3):
        options = dict(options, label_smoothing=0.1)
    elif name == "cross_entropy" and f.chance(0.25):
        target = f.f32(f.within(f.pick(shape=x.shape), 0.05, 2))
    if f.chance(0.3) and target.kind == "int" and options.get("reduction") in ('"sum"', '"none"'):
        options = dict(options, ignore_index=f.random.randrange(classes))
    shape = x.shape[:1] + x.shape[2:] if x.rank > 1 else ()
    return loss(f, write(x, target, **options), options, x, shape, 40 * classes, 20 * classes * (x.slope + target.slope))


@both("multi_margin_loss")
def multi_margin(f, name, write):
    x, classes, target = scores(f, (1, 2))
    options = reduction(f)
    options = dict(options, **f.choice([{}, {"p": 2}, {"margin": 0.571}]))
    return loss(f, write(x, target, **options), options, x, x.shape[:-1], 400, 60 * x.slope)


def signs(f, shape):
    """1 and -1."""
    y = f.pick(shape=shape)
    text = f.generic(y)[0]
    return f.let(f"sign({text})", "f32" if y.dtype == "f32" else "f64", shape, -1, 1)


@both("hinge_embedding_loss", "margin_ranking_loss", "soft_margin_loss")
def margins(f, name, write):
    x, y = pair(f)
    t = f.f32(signs(f, x.shape))
    options = reduction(f)
    if name != "soft_margin_loss" and f.chance(0.5):
        options = dict(options, margin=0.3137)
    operands = (x, y, t) if name == "margin_ranking_loss" else (x, t)
    return loss(f, write(*operands, **options), options, x, x.shape, 15, x.slope + y.slope)


@both("cosine_embedding_loss")
def cosine(f, name, write):
    x, y = pair(f, 0.2, 6, rank=(1, 2))
    t = f.f32(signs(f, x.shape[:-1]))
    options = reduction(f)
    if f.chance(0.5):
        options = dict(options, margin=0.2137)
    return loss(f, write(x, y, t, **options), options, x, x.shape[:-1], 3, 8 * (x.slope + y.slope))


@both("triplet_margin_loss")
def triplet(f, name, write):
    x, y = pair(f, -2, 2, rank=(1, 2))
    x = f.f32(f.within(x, 2.5, 7))
    z = f.f32(f.within(f.pick(shape=x.shape), -2, 2))
    options = dict(reduction(f), **f.choice([{}, {"p": 1.0}, {"p": 3.0}, {"p": 1.5}, {"p": "inf"}, {"margin": 0.5137}]))
    return loss(f, write(x, y, z, **options), options, x, x.shape[:-1], 9 * x.shape[-1] + 2,
                3 * x.shape[-1] * (x.slope + y.slope + z.slope))


@both("pairwise_distance")
def distance(f, name, write):
    x, y = pair(f, -2, 2, rank=(1, 3))
    x = f.f32(f.within(x, 2.5, 7))
    options = f.choice([{}, {"p": 1.0}, {"p": 3.0}, {"p": 1.5}, {"p": "inf"}])
    return f.like(write(x, y, **options), x, 0, 9 * x.shape[-1], x.shape[-1] * (x.slope + y.slope), x.shape[:-1])

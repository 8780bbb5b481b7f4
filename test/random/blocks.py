# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Writes train blocks: a small module, an optimizer with options, clipping, accumulation, schedules.
from rules import SETTINGS

# Adaptive optimizers divide by what may be almost 0: eps is large enough to keep rounding errors small.
OPTIMIZERS = [
    "SGD(lr=0.1)", "SGD(lr=0.1, momentum=0.9)", "SGD(lr=0.05, momentum=0.9, nesterov=true, weight_decay=0.01)",
    "SGD(lr=0.1, momentum=0.5, dampening=0.2)", "Adam(lr=0.01, eps=0.1)",
    "Adam(lr=0.02, betas=(0.8, 0.95), eps=0.1, weight_decay=0.1, amsgrad=true)", "AdamW(lr=0.01, eps=0.1)",
    "AdamW(lr=0.02, eps=0.05, weight_decay=0.2, amsgrad=true)", "RMSprop(lr=0.01, eps=0.1)",
    "RMSprop(lr=0.01, eps=0.1, momentum=0.9, centered=true, weight_decay=0.05)", "Adagrad(lr=0.05, eps=0.1)",
    "Adagrad(lr=0.05, lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.3, eps=0.1)",
]
SCHEDULES = ["StepLR(step_size=2, gamma=0.3)", "MultiStepLR([1, 3], gamma=0.5)", "ExponentialLR(0.9)",
             "CosineAnnealingLR(T_max=4, eta_min=0.001)"]
SETTINGS.update(text.split("(")[0] for text in OPTIMIZERS + SCHEDULES)

LAYERS = ["ReLU()", "Tanh()", "GELU()", "Dropout(0.4)", "Identity()", "LeakyReLU(0.2)", "LayerNorm({n}, eps=0.1)",
          "BatchNorm1d({n}, eps=0.1)", "PReLU()", "Softplus()"]


def write_module(random, name, rows, features, classes):
    """A module of named layers: one of them perhaps used twice, one perhaps unused, buffers that count and average."""
    width = random.choice([3, 5, 8])
    fields = [f"encoder = Linear({features}, {width})", f"middle = Linear({width}, {width})",
              f"head = Linear({width}, {classes})"]
    lines = ["h = tanh(encoder(x))", "h = middle(h) + 0.3 * h"]
    if random.random() < 0.4:
        fields.append("again = middle")
        lines.append("h = again(relu(h)) * 0.5")
    if random.random() < 0.3:
        lines.append("h = h + 0.1 * (h @ middle.weight)")
    if random.random() < 0.3:
        fields.append("unused = Linear(3, 2)")
    if random.random() < 0.3:
        fields.append(f"apart = Linear({width}, {width})")
        lines.append("h = h + detach(apart(h))")
    if random.random() < 0.5:
        fields.append("buffer seen: i64 = 0")
        lines.append(f"seen = seen + {rows}")
    if random.random() < 0.5:
        fields.append(f"buffer average: f32[{width}] = zeros({width})")
        lines.append("average = 0.9 * average + 0.1 * detach(mean(h, dim=0))")
        lines.append("h = h - 0.5 * average")
    head = f"fn forward(x: f32[{rows}, {features}]) -> f32[{rows}, {classes}] {{"
    body = [f"  {field}" for field in fields] + [f"  {head}"] + [f"    {line}" for line in lines]
    return "\n".join([f"module {name} {{"] + body + ["    return head(h)", "  }", "}"])


def write_network(random, name, rows, features, classes):
    """A module on [rows, features] that gives [rows, classes]."""
    parts, inner = [], features
    for _ in range(random.randint(0, 2)):
        out = random.choice([1, 3, 5, 8, 13])
        parts += [f"Linear({inner}, {out}{random.choice(['', '', ', bias=false'])})",
                  random.choice(LAYERS).format(n=out)]
        inner = out
    parts.append(f"Linear({inner}, {classes})")
    return f"module {name} = Sequential({', '.join(parts)}) : f32[{rows}, {features}] -> f32[{rows}, {classes}]"


def write_step(random, rows, features, classes):
    """The `step` of a block, or the setting that stands for it."""
    regression = random.random() < 0.4
    if random.random() < 0.3:
        return [f"loss = {'MSELoss()' if regression else 'CrossEntropyLoss()'}"]
    target = f"f32[{rows}, {classes}]" if regression else f"i64[{rows}]"
    lines = [f"fn step(x: f32[{rows}, {features}], y: {target}) {{", "  z = model(x)"]
    if random.random() < 0.3:
        lines.append("  z = z + 0.1 * model(x * 0.5)")
    if regression:
        loss = random.choice(["mse_loss(z, y)", "mean(abs(z - y) * 0.3 + square(z - y))", "huber_loss(z, y, delta=0.7)"])
    else:
        loss = random.choice(["cross_entropy(z, y)", "NLLLoss()(log_softmax(z, dim=1), y)",
                              "cross_entropy(z, y, label_smoothing=0.1)", "multi_margin_loss(z, y, margin=0.571)"])
    return lines + [f"  return {loss}, {random.choice(['z', 'scores = z', 'argmax(z + linspace(0.0, 9.3, ' + str(classes) + '), dim=1)'])}", "}"]


def write_block(program):
    """Adds a network and a train block without data: the caller brings the batches."""
    random, seed = program.random, program.seed
    rows, features, classes = random.choice([3, 5, 8]), random.choice([1, 4, 7]), random.choice([2, 3, 5])
    program.items.append(f"dim B{seed}")
    named = random.random() < 0.5
    write = write_module if named else write_network
    program.items.append(write(random, f"T{seed}", f"B{seed}", features, classes))
    settings = [f"batch_size = {rows}", f"optimizer = {OPTIMIZERS[seed // 5 % len(OPTIMIZERS)]}", "epochs = 2"]
    if random.random() < 0.5:
        settings.append(f"schedule = {SCHEDULES[seed // 5 % len(SCHEDULES)]}")
    settings += random.choice([[], [], ["clip_grad_norm = 0.5"], ["clip_grad_value = 0.05"],
                               ["clip_grad_norm = 0.7", "clip_norm_type = 3"], ["clip_grad_norm = 0.2", "clip_norm_type = inf"]])
    if random.random() < 0.3:
        settings.append("accumulate = 2")
    if random.random() < 0.4:
        settings.append("freeze = " + random.choice(
            ["[encoder]", "[head.bias, encoder]", "[middle.weight]", '["*.bias"]'] if named else ['["0.weight"]']))
    settings += write_step(random, f"B{seed}", features, classes)
    program.items.append("\n".join([f"train T{seed} {{"] + [f"  {line}" for line in settings] + ["}"]))

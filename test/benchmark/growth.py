#!/usr/bin/env python3
# Part of the Sinter project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How the compiler's time and memory grow with the length of a program; the case `growth` of `./dev bench`.

    growth.py --sinter=PROGRAM [--families=layers,…] [--sizes=100,3200] [--limit=SECONDS] [--text=FAMILY:SIZE]

Every family is a generated program of n layers, parts, steps, … A row of the table says how many seconds of processor time
and megabytes of memory the sizes take and, as `growth`, the ratio of what the last and the first size cost more than an empty
program, divided by the ratio of the sizes: 1 is linear. --text prints a program.
"""
import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

WIDTH = 8


def lines(n, line):
    return "\n".join(line.format(i=i, next=i + 1, previous=i - 1) for i in range(n))


def trained(body, loss="mean(model(x) ** 2)", optimizer="SGD(lr=0.1)"):
    return f"""{body}
train M {{
  batch_size = 4
  optimizer = {optimizer}
  fn step(x: f32[4, {WIDTH}]) {{ return {loss} }}
}}
"""


def layers(n):
    return f"""module M {{
{lines(n, f'  l{{i}} = Linear({WIDTH}, {WIDTH})')}
  fn forward(x: f32[4, {WIDTH}]) -> f32[4, {WIDTH}] {{
{lines(n, '    x = relu(l{i}(x))')}
    return x
  }}
}}
"""


def sequential(n):
    parts = ",\n".join(f"  Linear({WIDTH}, {WIDTH}), Tanh()" for _ in range(n))
    return f"module M = Sequential(\n{parts}\n) : f32[4, {WIDTH}] -> f32[4, {WIDTH}]\n"


def norms(n):
    return f"""module M {{
{lines(n, f'  l{{i}} = Linear({WIDTH}, {WIDTH})')}
{lines(n, f'  n{{i}} = LayerNorm({WIDTH})')}
  fn forward(x: f32[4, {WIDTH}]) -> f32[4, {WIDTH}] {{
{lines(n, '    x = x + gelu(l{i}(n{i}(x)))')}
    return x
  }}
}}
"""


def residual(n):
    """Blocks of two convolutions, as of a ResNet."""
    return trained(f"""module M {{
{lines(n, '  a{i} = Conv2d(2, 2, 3, padding=1, bias=false)')}
{lines(n, '  n{i} = BatchNorm2d(2)')}
{lines(n, '  b{i} = Conv2d(2, 2, 3, padding=1)')}
  fn forward(x: f32[1, 2, 4, 4]) -> f32[1, 2, 4, 4] {{
{lines(n, '    x = relu(x + b{i}(relu(n{i}(a{i}(x)))))')}
    return x
  }}
}}""", loss="mean(model(x.view(1, 2, 4, 4)) ** 2)")


def dense(n):
    """Every layer's result lives to the end."""
    sums = "\n".join(f"    s = s + x{i}" for i in range(1, n))
    return f"""module M {{
{lines(n, f'  l{{i}} = Linear({WIDTH}, {WIDTH})')}
  fn forward(x: f32[4, {WIDTH}]) -> f32[4, {WIDTH}] {{
    x0 = x
{lines(n - 1, '    x{next} = tanh(l{i}(x{i}))')}
    s = x0
{sums}
    return s
  }}
}}
"""


def chain(n):
    return f"""fn f(x: f32[64]) {{
{lines(n, '  x = sin(x) * 1.1')}
  return y = x
}}
"""


def chain_grad(n):
    return f"""fn f(x: f32[64]) {{
  y = x
{lines(n, '  y = sin(y) * 1.1')}
  return g = grad(sum(y), x)
}}
"""


def chain_twice(n):
    """A gradient of a gradient."""
    return f"""fn f(x: f32[64]) {{
  y = x
{lines(n, '  y = sin(y) * 1.1')}
  g = grad(sum(y), x)
  return h = grad(sum(g * g), x)
}}
"""


def cat(n):
    parts = ", ".join(f"x[:, {i}:{i + 5}]" for i in range(n))
    return f"fn f(x: f32[3, {n + 8}]) {{ return y = cat([{parts}], dim=1) }}\n"


def stack(n):
    parts = ", ".join(f"x[:, {i}:{i + 40}]" for i in range(n))
    return f"""fn f(x: f32[3, {n + 48}], w: f32[{n}]) {{
  s = stack([{parts}], dim=2)
  return y = s @ w, g = grad(sum((s @ w) ** 2), x)
}}
"""


def stack_computed(n):
    return f"""fn f(x: f32[16], w: f32[16, 16]) {{
  x0 = x
{lines(n, '  x{next} = sin(x{i} @ w)')}
  return y = stack([{", ".join(f"x{i}" for i in range(n))}])
}}
"""


def split(n):
    return f"""fn f(x: f32[3, {4 * n}]) {{
  parts = split(x, 4, dim=1)
  s = zeros(3, 4)
{lines(n, '  s = tanh(s + parts[{i}])')}
  return y = s, g = grad(sum(s), x)
}}
"""


def unbind(n):
    return f"""fn f(x: f32[{n}, 3]) {{
  parts = unbind(x)
  return y = stack(parts), g = grad(sum(stack(parts) ** 2), x)
}}
"""


def cat_trained(n):
    return trained(f"""module M {{
  w = Linear({WIDTH}, {WIDTH})
  v = Linear({n * WIDTH}, {WIDTH})
  fn forward(x: f32[4, {WIDTH}]) -> f32[4, {WIDTH}] {{
    x0 = x
{lines(n, '    x{next} = tanh(w(x{i}))')}
    return v(cat([{", ".join(f"x{next}" for next in range(1, n + 1))}], dim=1))
  }}
}}""")


def unrolled(n):
    """Steps that differ, so that the loop is unrolled; `n` steps of a recurrent cell."""
    return trained(f"""module M {{
  w = Linear({WIDTH}, {WIDTH})
  u = Linear({WIDTH}, {WIDTH})
  fn forward(x: f32[4, {WIDTH}]) -> f32[4, {WIDTH}] {{
    h = x
    for i in 0..{n} {{ h = tanh(w(h) + u(x)) if i % 2 == 0 else tanh(u(h) + w(x)) }}
    return h
  }}
}}""")


def loops(n):
    return f"""fn f(x: f32[16], ys: f32[5, 16]) {{
{lines(n, '''  for t in 0..5 {{ x = tanh(x + ys[t]) }}''')}
  return y = x
}}
"""


def body(n):
    return f"""fn f(x: f32[16], ys: f32[5, 16]) {{
  for t in 0..5 {{
{lines(n, '''    x = x * (1.0 - x) + ys[t]''')}
  }}
  return y = x, g = grad(sum(x), ys)
}}
"""


def parameters(n, optimizer):
    return trained(f"""module M {{
{lines(n, f'  parameter p{{i}}: f32[{WIDTH}] = ones({WIDTH})')}
  fn forward(x: f32[4, {WIDTH}]) -> f32[4, {WIDTH}] {{
{lines(n, '    x = x * p{i}')}
    return x
  }}
}}""", optimizer=optimizer)


def modules(n):
    return f"""{lines(n, f'module A{{i}} {{{{ l = Linear({WIDTH}, {WIDTH}); fn forward(x) {{{{ return tanh(l(x)) }}}} }}}}')}
module M {{
{lines(n, '  a{i} = A{i}()')}
  fn forward(x: f32[4, {WIDTH}]) -> f32[4, {WIDTH}] {{
{lines(n, '    x = a{i}(x)')}
    return x
  }}
}}
"""


def functions(n):
    return lines(n, "fn call{i}(x: f32[{i} + 1000]) {{ return y = sin(x) }}") + "\n"


def calls(n):
    """Functions that are entries, each called by one more."""
    return f"""{lines(n, 'fn call{i}(x: f32[64]) {{ return sin(x) * {i}.5 }}')}
fn f(x: f32[64]) {{
{lines(n, '  x = call{i}(x)')}
  return x
}}
"""


def inputs(n):
    parameters = ", ".join(f"x{i}: f32[4]" for i in range(n))
    return f"fn f({parameters}) {{\n  s = x0\n{lines(n, '  s = s + x{i}')}\n  return s\n}}\n"


def results(n):
    return f"fn f(x: f32[4]) {{\n  return {', '.join(f'y{i} = x + {i}.5' for i in range(n))}\n}}\n"


def constants(n):
    return f"fn f(x: f32[2]) {{\n{lines(n, '  x = x * tensor([{i}.0, {next}.0])')}\n  return x\n}}\n"


def dropouts(n):
    return trained(f"""module M {{
  d = Dropout(0.1)
{lines(n, f'  l{{i}} = Linear({WIDTH}, {WIDTH})')}
  fn forward(x: f32[4, {WIDTH}]) -> f32[4, {WIDTH}] {{
{lines(n, '    x = d(l{i}(x))')}
    return x
  }}
}}""")


def embeddings(n):
    return f"""module M {{
{lines(n, f'  e{{i}} = Embedding(5, {WIDTH})')}
  fn forward(x: i64[4]) -> f32[4, {WIDTH}] {{
    s = zeros(4, {WIDTH})
{lines(n, '    s = s + e{i}(x)')}
    return s
  }}
}}
"""


FAMILIES = {
    "layers": layers,
    "layers-step": lambda n: trained(layers(n)),
    "sequential-step": lambda n: trained(sequential(n)),
    "norms-step": lambda n: trained(norms(n)),
    "residual-step": residual,
    "dense-step": lambda n: trained(dense(n)),
    "chain": chain,
    "chain-grad": chain_grad,
    "chain-twice": chain_twice,
    "cat": cat,
    "cat-step": cat_trained,
    "stack": stack,
    "stack-computed": stack_computed,
    "split": split,
    "unbind": unbind,
    "unrolled-step": unrolled,
    "loops": loops,
    "body": body,
    "parameters-step": lambda n: parameters(n, "SGD(lr=0.1)"),
    "amsgrad-step": lambda n: parameters(n, "Adam(amsgrad=true)"),
    "modules": modules,
    "functions": functions,
    "calls": calls,
    "inputs": inputs,
    "results": results,
    "constants": constants,
    "dropouts-step": dropouts,
    "embeddings": embeddings,
}


def measure(sinter, text, limit):
    """Seconds and megabytes of one compilation, or why there are none."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as errors:
        file = Path(folder) / "model.sinter"
        file.write_text(text)
        process = subprocess.Popen([sinter, "compile", file, "-o", Path(folder) / "out"], stdout=subprocess.DEVNULL, stderr=errors,
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit, limit)))
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode == 0:
            return (usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), None
        errors.seek(0)
        return None, f"exit code {process.returncode} {errors.read(120).decode(errors='replace')}".strip()


def best(sinter, text, limit):
    """The least of three measurements, or one that takes long."""
    found = [measure(sinter, text, limit)]
    while found[0][0] and found[0][0][0] < 1 and len(found) < 3:
        found.append(measure(sinter, text, limit))
    results = [result for result, _ in found if result]
    return (tuple(map(min, zip(*results))), None) if results else found[0]


def growth(base, found, what):
    """The ratio of the costs beyond `base` over the ratio of the sizes."""
    (small, first), (large, last) = found[0], found[-1]
    return (last[what] - base[what]) / max(first[what] - base[what], 0.01) * small / large


def rows(sinter, families, sizes, limit=600):
    """Rows of a table: a family, what each size takes, and how much that grows."""
    yield ["family"] + [f"{unit}, n = {size}" for size in sizes for unit in ("s", "MB")] + ["growth, time", "growth, memory"]
    base, why = best(sinter, "fn f(x: f32[4]) { return x + 1 }\n", limit)
    if why:
        raise RuntimeError(why)
    for name in families:
        row, found = [name], []
        for size in sizes:
            result, why = best(sinter, FAMILIES[name](size), limit)
            if why:
                row += [why, ""]
                continue
            found.append((size, result))
            row += [f"{result[0]:.2f}", f"{result[1]:.0f}"]
        complete = len(found) == len(sizes)
        yield row + [f"{growth(base, found, what):.2f}" if complete else "" for what in (0, 1)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sinter", default="sinter")
    parser.add_argument("--families", type=lambda text: text.split(","), default=list(FAMILIES))
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")], default=[100, 3200])
    parser.add_argument("--limit", type=int, default=600)
    parser.add_argument("--text")
    options = parser.parse_args()
    if options.text:
        name, size = options.text.split(":")
        return print(FAMILIES[name](int(size)), end="")
    for row in rows(options.sinter, options.families, options.sizes, options.limit):
        print(" | ".join(row), flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""PyTorch. Variants: `nn` (nn.LSTM, nn.GRU), `eager` (the cell written out), `script` (the same through torch.jit.script)."""
import json
import sys
import time

try:
    import numpy as np
    import torch
    import torch.nn.functional as F
    from torch import Tensor
except ImportError:
    sys.stdin.readline()
    print(json.dumps({'absent': 'not installed'}), flush=True)
    sys.exit(0)

torch.set_num_threads(1)


def blas() -> str:
    """The BLAS that products run on: with the wrong one they are many times slower."""
    import ctypes

    with open('/proc/self/maps') as maps:
        paths = sorted({line.split()[-1] for line in maps if 'blas' in line or 'libmkl' in line})
    for path in paths:
        if 'openblas' in path:
            lib = ctypes.CDLL(path)
            try:
                lib.openblas_get_corename.restype = ctypes.c_char_p
                lib.openblas_get_config.restype = ctypes.c_char_p
                return ' '.join(lib.openblas_get_config().decode().split()[:2]) + ' ' + lib.openblas_get_corename().decode()
            except AttributeError:
                continue
    return paths[0] if paths else 'BLAS built in'


def fill(a) -> Tensor:
    """The same numbers as `fill` in work.ts."""
    n = int(np.prod(a['shape']))
    with np.errstate(over='ignore'):
        v = np.arange(n, dtype=np.uint32) * np.uint32(0x9E3779B1) + np.uint32((a['seed'] * 0x85EBCA77) & 0xFFFFFFFF)
        v = (v ^ (v >> np.uint32(15))) * np.uint32(0x85EBCA77)
        v = (v ^ (v >> np.uint32(13))) * np.uint32(0xC2B2AE3D)
        u = ((v ^ (v >> np.uint32(16))) >> np.uint32(8)) / 0x1000000
    return torch.from_numpy((a['least'] + (a['most'] - a['least']) * u).astype(np.float32).reshape(a['shape']))


# The cells as one would write them for speed: the input's product for all steps at once, the gates side by side.


def lstm(x: Tensor, W: Tensor, U: Tensor, b: Tensor) -> Tensor:
    h = torch.zeros(x.size(1), U.size(1))
    c = h
    Ut = U.t()
    out = []
    for z in F.linear(x, W, b).unbind(0):
        i, f, g, o = torch.addmm(z, h, Ut).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        out.append(h)
    return torch.stack(out)


def peephole(x: Tensor, W: Tensor, U: Tensor, b: Tensor, pi: Tensor, pf: Tensor, po: Tensor) -> Tensor:
    h = torch.zeros(x.size(1), U.size(1))
    c = h
    Ut = U.t()
    out = []
    for z in F.linear(x, W, b).unbind(0):
        i, f, g, o = torch.addmm(z, h, Ut).chunk(4, 1)
        c = torch.sigmoid(f + pf * c) * c + torch.sigmoid(i + pi * c) * torch.tanh(g)
        h = torch.sigmoid(o + po * c) * torch.tanh(c)
        out.append(h)
    return torch.stack(out)


def gru(x: Tensor, W: Tensor, U: Tensor, b: Tensor, cn: Tensor) -> Tensor:
    H = U.size(1)
    h = torch.zeros(x.size(1), H)
    Ut = U.t()
    out = []
    for w in F.linear(x, W, b).unbind(0):
        u = h @ Ut
        r, z = torch.sigmoid(w[:, : 2 * H] + u[:, : 2 * H]).chunk(2, 1)
        n = torch.tanh(w[:, 2 * H :] + r * (u[:, 2 * H :] + cn))
        h = n + z * (h - n)
        out.append(h)
    return torch.stack(out)


def layernorm(x: Tensor, W: Tensor, U: Tensor, b: Tensor, gx: Tensor, gh: Tensor, gc: Tensor, bc: Tensor) -> Tensor:
    H = U.size(1)
    h = torch.zeros(x.size(1), H)
    c = h
    Ut = U.t()
    out = []
    for z in F.layer_norm(F.linear(x, W), [4 * H], gx).unbind(0):
        i, f, g, o = (z + F.layer_norm(h @ Ut, [4 * H], gh, b)).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(F.layer_norm(c, [H], gc, bc))
        out.append(h)
    return torch.stack(out)


def mingru(x: Tensor, Wz: Tensor, Wn: Tensor, bz: Tensor, bn: Tensor) -> Tensor:
    z = torch.sigmoid(F.linear(x, Wz, bz))
    new = z * F.linear(x, Wn, bn)
    keep = 1 - z
    h = torch.zeros(x.size(1), Wz.size(0))
    out = []
    for k, n in zip(keep.unbind(0), new.unbind(0)):
        h = k * h + n
        out.append(h)
    return torch.stack(out)


cells = {'lstm': lstm, 'peephole': peephole, 'gru': gru, 'layernorm': layernorm, 'mingru': mingru}
gates = {'lstm': 'ifgo', 'peephole': 'ifgo', 'gru': 'rzn'}
modules = {'lstm': torch.nn.LSTM, 'gru': torch.nn.GRU}


def leaves(cell, arrays):
    """The parameters as leaves: those of all gates side by side."""
    if cell not in gates:
        return dict(arrays)
    joined = {letter: torch.cat([arrays.pop(letter + g) for g in gates[cell]]) for letter in 'WUb'}
    return {**joined, **arrays}


def prepare(problem, variant):
    cell, size = problem['cell'], problem['size']
    x, r = fill(problem['x']).requires_grad_(), fill(problem['r'])
    params = leaves(cell, {p['name']: fill(p) for p in problem['params']})
    if variant == 'nn':
        if cell not in modules:
            return {'absent': 'no module of this kind'}, None
        module = modules[cell](size['d'], size['h'])
        cn = params.get('cn')
        with torch.no_grad():
            module.weight_ih_l0.copy_(params['W'])
            module.weight_hh_l0.copy_(params['U'])
            module.bias_ih_l0.copy_(params['b'])
            module.bias_hh_l0.zero_()
            if cn is not None:
                module.bias_hh_l0[2 * size['h'] :] = cn
        wanted = list(module.parameters())

        def outputs():
            return module(x)[0]

        def checked(grads):
            W, U, b, c = grads
            # Its second bias has the gradient of the first, but for the GRU's new gate.
            return [W, U, b] if cn is None else [W, U, b, c[2 * size['h'] :]]
    else:
        function = torch.jit.script(cells[cell]) if variant == 'script' else cells[cell]
        wanted = [p.requires_grad_() for p in params.values()]

        def outputs():
            return function(x, *wanted)

        def checked(grads):
            return grads

    def forward():
        with torch.no_grad():
            return outputs()

    def training():
        return torch.autograd.grad(outputs(), [x, *wanted], r)

    dx, *rest = training()
    checks = {
        'loss': float((forward() * r).double().sum()),
        'dx': float(dx.double().abs().sum()),
        'dparams': sum(float(g.double().abs().sum()) for g in checked(rest)),
    }
    return {'checks': checks}, {'forward': forward, 'training': training}


def timed(work):
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def main():
    works = None
    for line in sys.stdin:
        q = json.loads(line)
        if q['ask'] == 'hello':
            answer = {'version': f'PyTorch {torch.__version__}, {blas()}'}
        elif q['ask'] == 'prepare':
            answer, works = prepare(q['problem'], q['variant'])
        elif q['ask'] == 'warm':
            begin, times = time.perf_counter(), []
            # The scripted cells are compiled in the second run.
            while len(times) < 2 or time.perf_counter() - begin < (2 if len(times) < 5 else q['seconds']):
                times.append(timed(works[q['mode']]))
            answer = {'ms': min(times)}
        else:
            answer = {'ms': [timed(works[q['mode']]) for _ in range(q['times'])]}
        print(json.dumps(answer), flush=True)


main()

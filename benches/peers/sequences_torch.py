"""PyTorch (CPU) on the workloads over sequences: the norm of ∂L/∂h of every time step or block, and of every weight
gradient, at every step. torch.nn.LSTM and RNN hand out no ∂L/∂h_t with what comes later included, so the time steps are
written out over one product for all inputs, as one does who wants those norms.

  eager    as written
  compile  the loss through torch.compile
"""
import time
T0 = time.perf_counter()
from peers_common import *
a, w = parse(["eager", "compile"], "eager", SEQUENCES)
import math
import numpy as np, torch
import torch.nn as nn, torch.nn.functional as F
torch.set_num_threads(a.threads)
try: torch.set_num_interop_threads(1)
except RuntimeError: pass
torch.manual_seed(a.seed)
P, I, H, B = w["P"], w["I"], w["W"], w["B"]


def normal(*shape):
    return nn.Parameter(torch.randn(*shape) * math.sqrt(2 / sum(shape)))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        gates = 4 if w["kind"] == "lstm" else 1
        self.ih, self.hh = normal(gates * H, I), normal(gates * H, H)
        self.b_ih, self.b_hh = nn.Parameter(torch.zeros(gates * H)), nn.Parameter(torch.zeros(gates * H))
        self.out = nn.Linear(H, OUT)

    def forward(self, x, marks):
        u = F.linear(x, self.ih, self.b_ih).unbind(1)
        h = c = x.new_zeros(B, H)
        for t in range(P):
            z = u[t] + F.linear(h, self.hh, self.b_hh)
            if w["kind"] == "lstm":
                i, f, g, o = z.chunk(4, 1)
                c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
                h = torch.sigmoid(o) * torch.tanh(c)
            else:
                h = torch.tanh(z)
            h = h + marks[t]
        return self.out(h)

    @staticmethod
    def marks():
        return [torch.zeros(B, H, requires_grad=True) for _ in range(P)]


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(H), nn.LayerNorm(H)
        self.qkv, self.proj = nn.Linear(H, 3 * H), nn.Linear(H, H)
        self.up, self.down = nn.Linear(H, 4 * H), nn.Linear(4 * H, H)

    def forward(self, x, mark):
        q, k, v = (p.reshape(B, P, w["heads"], -1).transpose(1, 2) for p in self.qkv(self.n1(x)).chunk(3, 2))
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(B, P, H)
        x = x + self.proj(mixed) + mark[0]
        return x + self.down(torch.relu(self.up(self.n2(x)))) + mark[1]


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.position = nn.Linear(I, H), nn.Parameter(0.02 * torch.randn(P, H))
        self.blocks = nn.ModuleList(Block() for _ in range(w["D"]))
        self.norm, self.out = nn.LayerNorm(H), nn.Linear(H, OUT)

    def forward(self, x, marks):
        x = self.embed(x) + self.position
        for b, block in enumerate(self.blocks):
            x = block(x, marks[2 * b:2 * b + 2])
        return self.out(self.norm(x).mean(1))

    @staticmethod
    def marks():
        return [torch.zeros(B, P, H, requires_grad=True) for _ in range(2 * w["D"])]


x_np, y_np = sequences(np, w)
X, Y = torch.from_numpy(x_np), torch.from_numpy(y_np)
net = Transformer() if w["kind"] == "transformer" else Recurrent()
opt = torch.optim.SGD(net.parameters(), lr=LR, momentum=MOM, fused=True)
weights = [p for p in net.parameters() if p.dim() == 2]
loss_fn = lambda x, y, marks: F.cross_entropy(net(x, marks), y)
loss_c = torch.compile(loss_fn) if a.variant == "compile" else loss_fn
bat = Batches(np, B, a.seed)
# A zero added to h takes ∂L/∂h as its gradient.
marks = net.marks()


def run(n):
    losses, norms = torch.empty(n), torch.empty(n, len(marks) + len(weights))
    for t in range(n):
        i = torch.from_numpy(bat.next())
        opt.zero_grad(set_to_none=True)
        for mark in marks:
            mark.grad = None
        loss = loss_c(X[i], Y[i], marks)
        loss.backward()
        norms[t] = torch.stack(torch._foreach_norm([v.grad for v in marks + weights]))
        opt.step()
        losses[t] = loss.detach()
    return losses.numpy(), norms.numpy()


bench(a, w, "torch", dict(torch=torch.__version__, numpy=np.__version__), run, t_start=T0)

"""PyTorch (CPU) on the workloads over images: the norm of ∂L/∂h of layer 1 and of every block, and of every weight
gradient, at every step.

  eager    as written
  compile  the loss through torch.compile
"""
import time
T0 = time.perf_counter()
from peers_common import *
a, w = parse(["eager", "compile"], "eager", IMAGES)
import numpy as np, torch
import torch.nn as nn, torch.nn.functional as F
torch.set_num_threads(a.threads)
try: torch.set_num_interop_threads(1)
except RuntimeError: pass
torch.manual_seed(a.seed)
R, C, B = w["R"], w["C"], w["B"]


def conv(channels):
    made = nn.Conv2d(channels, C, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(made.weight)
    return made


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.n1, self.c1 = nn.BatchNorm2d(C), conv(C)
        self.n2, self.c2 = nn.BatchNorm2d(C), conv(C)

    def forward(self, x):
        return x + self.c2(torch.relu(self.n2(self.c1(torch.relu(self.n1(x))))))


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = conv(1)
        self.blocks = nn.ModuleList(Block() for _ in range((w["D"] - 1) // 2))
        self.norm, self.out = nn.BatchNorm2d(C), nn.Linear(C, OUT)

    def forward(self, x, marks):
        x = self.first(x) + marks[0]
        for block, mark in zip(self.blocks, marks[1:]):
            x = block(x) + mark
        return self.out(torch.relu(self.norm(x)).mean((2, 3)))


x_np, y_np = images(np, w)
X, Y = torch.from_numpy(x_np), torch.from_numpy(y_np)
net = Residual()
opt = torch.optim.SGD(net.parameters(), lr=LR, momentum=MOM, fused=True)
weights = [p for p in net.parameters() if p.dim() > 1]
loss_fn = lambda x, y, marks: F.cross_entropy(net(x, marks), y)
loss_c = torch.compile(loss_fn) if a.variant == "compile" else loss_fn
bat = Batches(np, B, a.seed)
# A zero added to h takes ∂L/∂h as its gradient.
marks = [torch.zeros(B, C, R, R, requires_grad=True) for _ in range(len(net.blocks) + 1)]


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

"""Logs a PyTorch model's gradients, a row per step and layer, as a CSV file that vgrad reads.

    log = GradientLog(model, "run/gradients.csv", every=10)  # before torch.compile
    criterion(model(x), y).backward()  # several times where gradients are accumulated
    log.step()  # once per update, before clipping; with a GradScaler after unscale_: log.step(scaler.get_scale())

A layer is a module with weight matrices of its own, or one of `layers` (say, a transformer's blocks), in the order of
the calls; one called again has a row per call, the gradient of its weights (that of all calls) on the first. What it
hands on, h, is what the next one receives if that has the shape of its output (an activation, norm or sum lies
between, functional or in place), else its output. Frozen layers, autocast, gradient accumulation and torch.compile
(its graph breaks at every layer) are fine. Activation checkpointing, FSDP, DataParallel and sparse gradients are not.
"""
import csv, math, os, torch
from torch import Tensor, nn

COLUMNS = "step,layer,name,activation_grad_norm,weight_grad_norm,activation_mean,activation_std,position".split(",")

class GradientLog:
    """Hooks `model`. A run that goes on after `step` updates appends its rows."""
    def __init__(self, model: nn.Module, path: str, every: int = 1, layers: list[nn.Module] = [], step: int = 0):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        self.rows = csv.writer(open(path, "a" if step else "w", newline="", buffering=1))
        self.rows.writerow(COLUMNS)
        self.every, self.number, self.sums, self.calls, self.last = every, step, {}, 0, None
        self.names = {module: name or "model" for name, module in model.named_modules()}
        own = [m for m in self.names if any(p.dim() > 1 for p in m.parameters(recurse=False))]
        for module in layers or own:
            module.register_forward_pre_hook(lambda m, x, more: self._see(None, [*x, *more.values()]), with_kwargs=True)
            module.register_forward_hook(lambda m, x, h: self._see(m, [h] if isinstance(h, Tensor) else h))
        model.register_forward_hook(lambda m, x, h: self._see(model, []))

    @torch.compiler.disable
    def _see(self, left: nn.Module | None, tensors: list | tuple) -> None:
        if self.number % self.every == 0 and torch.is_grad_enabled():
            found = next((x for x in tensors if isinstance(x, Tensor)), None)
            if left is not None and found is not None:
                self.last, self.calls = (self.calls, left, found), self.calls + 1
            elif self.last is not None:  # the next layer is entered, or the model is left
                h = found if found is not None and found.shape == self.last[2].shape else self.last[2]
                squares, values = self.sums.setdefault(self.last[:2], ([], []))
                if h.requires_grad: h.register_hook(lambda g: squares.append(g.detach().double().square().sum()))
                if left is None:  # of the model's output no mean and deviation
                    values += [(h.numel(), h.detach().double().sum(), h.detach().double().square().sum())]
                self.calls, self.last = (self.calls, self.last) if left is None else (0, None)

    def step(self, scale: float = 1.0) -> None:
        """Writes the rows of an update; none where a GradScaler, having met inf or NaN, leaves it out."""
        root, rows, seen = lambda squares: float(sum(squares)) ** 0.5 if squares else "", [], []
        for i, ((_, module), (squares, values)) in enumerate(self.sums.items(), 1):
            grads = [p.grad.double() for p in module.parameters() if p.dim() > 1 and p.grad is not None]
            grads = [] if module in seen else [g.square().sum() for g in grads]
            norms = root([square / scale**2 for square in squares]), root(grads)
            n, total, power = (float(sum(terms)) for terms in zip(*values)) if values else (0, 0, 0)
            shape = (total / n, max(power / n - (total / n) ** 2, 0.0) ** 0.5) if n else ("", "")
            seen, name = [*seen, module], self.names[module] + (f".{seen.count(module) + 1}" if module in seen else "")
            rows.append([self.number, i, name, *norms, *shape, i if i < len(self.sums) else ""])
        if scale == 1.0 or all(math.isfinite(x) for row in rows for x in row[3:5] if x != ""):
            self.rows.writerows(rows)
        self.sums, self.calls, self.last, self.number = {}, 0, None, self.number + 1

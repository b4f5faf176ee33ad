"""Logs a Lightning module's gradients, a row per step and layer, as a CSV file that vgrad reads.

    trainer = Trainer(callbacks=[GradientLog("run/gradients.csv", every=10)])

A layer is a module with weight matrices of its own, in the order of the calls; one called again has a row per call,
the gradient of its weights (that of all calls) on the first. What it hands on, h, is what the next one receives if
that has the shape of its output (an activation, norm or sum lies between, functional or in place), else its output.
Norms are those before clipping, without the scale of mixed precision; of several processes the first one's. Frozen
layers, accumulated gradients, several optimizers and a compiled module are fine; checkpointing and FSDP are not.
"""
import csv, math, os, torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, nn
COLUMNS = "step,layer,name,activation_grad_norm,weight_grad_norm,activation_mean,activation_std,position".split(",")
class GradientLog(Callback):
    def __init__(self, path: str, every: int = 1):
        self.path, self.every, self.is_on = path, every, False
    def on_train_start(self, trainer: Trainer, model: LightningModule) -> None:
        self.sums, self.calls, self.last, path = {}, 0, None, self.path if trainer.is_global_zero else os.devnull
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        self.rows = csv.writer(open(path, "a" if trainer.global_step else "w", newline="", buffering=1))
        self.rows.writerow(COLUMNS)
        self.names = {module: name for name, module in model.named_modules()}
        for layer in [m for m in self.names if any(p.dim() > 1 for p in m.parameters(recurse=False))]:
            layer.register_forward_pre_hook(lambda m, x, more: self._see(None, [*x, *more.values()]), with_kwargs=True)
            layer.register_forward_hook(lambda m, x, h: self._see(m, [h] if isinstance(h, Tensor) else h))

    def on_train_batch_start(self, trainer: Trainer, *_: object) -> None:
        self.is_on, self.calls, self.last = trainer.global_step % self.every == 0, 0, None
    def on_before_backward(self, trainer: Trainer, model: LightningModule, loss: Tensor) -> None: self._see(model, [])

    @torch.compiler.disable
    def _see(self, left: nn.Module | None, tensors: list | tuple) -> None:
        if self.is_on and torch.is_grad_enabled():
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

    def on_before_optimizer_step(self, trainer: Trainer, *_: object) -> None:
        scaler = getattr(trainer.precision_plugin, "scaler", None) or torch.amp.GradScaler(enabled=False)
        root, rows, seen = lambda squares: float(sum(squares)) ** 0.5 if squares else "", [], []
        for i, ((_, module), (squares, values)) in enumerate(self.sums.items(), 1):
            grads = [p.grad.double() for p in module.parameters() if p.dim() > 1 and p.grad is not None]
            grads = [] if module in seen else [g.square().sum() for g in grads]
            norms = root([square / scaler.get_scale() ** 2 for square in squares]), root(grads)
            n, total, power = (float(sum(terms)) for terms in zip(*values)) if values else (0, 0, 0)
            shape = (total / n, max(power / n - (total / n) ** 2, 0.0) ** 0.5) if n else ("", "")
            seen, name = [*seen, module], self.names[module] + (f".{seen.count(module) + 1}" if module in seen else "")
            rows.append([trainer.global_step, i, name, *norms, *shape, i if i < len(self.sums) else ""])
        if not scaler.is_enabled() or all(math.isfinite(x) for row in rows for x in row[3:5] if x != ""):
            self.rows.writerows(rows)
        self.sums = {}

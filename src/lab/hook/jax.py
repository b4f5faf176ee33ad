"""Logs a JAX model's gradients, a row per step and layer, as a CSV file that vgrad reads.

    log = GradientLog("run/gradients.csv", every=10)
    def loss(params, x, y):  # a tap at what each layer hands on, named after the key of its weights, the output last
        h = log.tap("hidden_1", jnp.tanh(x @ params["hidden_1"]["w"]))
        return cross_entropy(log.tap("output", h @ params["output"]["w"]), y)
    grads = jax.grad(loss)(params, x, y)  # jitted or not; several times where gradients are accumulated
    log.step(grads)  # once per update, before clipping; of a loss that was scaled, or a mean of k: log.step(grads, k)

Shared weights have a tap per use, "rnn.1", "rnn.2" … after the key "rnn"; their gradient, that of all uses, stands in
the first row. Frozen layers (whose weights are not in `grads`), mixed precision, jit, vmap and checkpoint are fine. A
tap in the body of a scan logs all its turns together. With `every` rows are fewer, but h goes to the host all the same.
"""
import csv, math, os
from functools import partial
import jax, numpy as np

COLUMNS = "step,layer,name,activation_grad_norm,weight_grad_norm,activation_mean,activation_std,position".split(",")

class GradientLog:
    """A run that goes on after `step` updates appends its rows."""
    def __init__(self, path: str, every: int = 1, step: int = 0):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        self.rows = csv.writer(open(path, "a" if step else "w", newline="", buffering=1))
        self.rows.writerow(COLUMNS)
        self.every, self.number, self.sums = every, step, {}

    def tap(self, name: str, h: jax.Array) -> jax.Array:
        """Gives back `h`, whose values and gradient are noted wherever a gradient is taken through it."""
        self.sums.setdefault(name, [])  # in the order in which the model is traced: forward
        identity = jax.custom_vjp(lambda h: h)
        note_values = lambda h: (jax.debug.callback(partial(self._note, name, False), h), (h, None))[1]
        note_gradient = lambda _, g: (jax.debug.callback(partial(self._note, name, True), g), (g,))[1]
        identity.defvjp(note_values, note_gradient)
        return identity(h)

    def _note(self, name: str, is_gradient: bool, values: np.ndarray) -> None:
        if self.number % self.every == 0:
            x = np.asarray(values).astype(np.float64)
            self.sums[name].append((is_gradient, x.size, x.sum(), np.square(x).sum()))

    def step(self, grads: object, scale: float = 1.0) -> None:
        """Writes the rows of an update, `grads` being the gradients by the weights; none if scaling made inf or NaN."""
        jax.effects_barrier()  # all notes have arrived
        key = lambda entry: str(getattr(entry, "key", getattr(entry, "name", getattr(entry, "idx", ""))))
        leaves = jax.tree_util.tree_leaves_with_path(grads)
        weights = [({key(entry) for entry in path}, g) for path, g in leaves if g.ndim > 1]
        root, rows, seen = lambda squares: sum(squares) ** 0.5 / scale if squares else "", [], set()
        for i, (name, notes) in enumerate(self.sums.items(), 1):
            owner = name if any(name in keys for keys, _ in weights) else name.rpartition(".")[0]
            own = [np.square(np.asarray(g).astype(np.float64)).sum() for keys, g in weights if owner in keys - seen]
            norms = root([note[3] for note in notes if note[0]]), root(own)
            n, total, power = [sum(note[k] for note in notes if not note[0]) for k in (1, 2, 3)]
            is_hidden, seen = n and i < len(self.sums), seen | {owner}
            shape = (total / n, max(power / n - (total / n) ** 2, 0.0) ** 0.5) if is_hidden else ("", "")
            rows.append([self.number, i, name, *norms, *shape, i if i < len(self.sums) else ""])
        is_fine = scale == 1.0 or all(math.isfinite(x) for row in rows for x in row[3:5] if x != "")
        self.rows.writerows(rows if is_fine and self.number % self.every == 0 else [])
        self.sums, self.number = {name: [] for name in self.sums}, self.number + 1

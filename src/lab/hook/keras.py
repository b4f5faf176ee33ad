"""Logs a Keras 3 model's gradients, a row per step and layer, as a CSV file that vgrad reads.

    model.fit(x, y, callbacks=[GradientLog("run/gradients.csv", x[:128], y[:128], every=10)])

`fit` shows its gradients to nobody: these are of the batch given here, before every tenth step, and change nothing. A
layer is one of Keras with weight matrices, in the order of the calls; one called again has a row per call, the gradient
of its weights (of all calls) in the first. What it hands on is its output after the activation, norm and sum layers of
that shape that follow. Frozen layers, mixed precision, clipping and jit are fine; functions in a `call` are not seen.
"""
import contextlib, csv, importlib, keras, numpy as np, os, unittest.mock
COLUMNS = "step,layer,name,activation_grad_norm,weight_grad_norm,activation_mean,activation_std,position".split(",")
class GradientLog(keras.callbacks.Callback):
    def __init__(self, path: str, x: object, y: object, every: int = 1):
        super().__init__()
        self.path, self.x, self.y, self.every = path, x, y, every
    def on_train_begin(self, logs: dict | None = None) -> None:
        self.number = int(self.model.optimizer.iterations)  # a run that goes on appends its rows
        os.makedirs(os.path.dirname(self.path) or ".", exist_ok=True)
        self.rows = csv.writer(open(self.path, "a" if self.number else "w", newline="", buffering=1))
        self.rows.writerow(COLUMNS)
    def _forward(self, values: list, extra: list | None = None) -> tuple:
        outputs, layers, call = [], [], keras.layers.Layer.__call__
        def watched(layer: keras.layers.Layer, *args: object, **kwargs: object) -> object:
            is_model = layer._layers and not type(layer).__module__.startswith("keras.src.layers")
            keras.layers.Layer.__call__ = watched if is_model else call  # what is within a layer of Keras is its own
            h = call(layer, *args, **kwargs)
            keras.layers.Layer.__call__ = watched
            if is_model or isinstance(h, (tuple, list)): return h
            if getattr(h, "requires_grad", None) is False and h.is_floating_point(): h.requires_grad_()  # PyTorch's
            outputs.append(h if extra is None else h + extra[len(outputs)])
            layers.append(layer)
            return outputs[-1]
        state = list(zip(self.model.trainable_variables, values))
        with unittest.mock.patch.object(keras.layers.Layer, "__call__", watched), keras.StatelessScope(state):
            return self.model.compute_loss(self.x, self.y, self.model(self.x, training=True)), outputs, layers
    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        self.number += 1
        if (self.number - 1) % self.every: return
        weights, backend = self.model.trainable_variables, importlib.import_module(keras.backend.backend())
        values = [weight.value for weight in weights]
        with getattr(backend, "GradientTape", contextlib.nullcontext)() as tape:  # TensorFlow's
            loss, outputs, layers = self._forward(values)
        of, loss_of = [*outputs, *values], lambda extra, values: self._forward(values, extra)[0]
        if hasattr(backend, "GradientTape"): gradients = tape.gradient(loss, of)
        elif hasattr(backend, "autograd"): gradients = backend.autograd.grad(loss, of, allow_unused=True)
        else: gradients = sum(map(list, backend.grad(loss_of, (0, 1))([0 * h for h in outputs], values)), [])  # JAX
        array = lambda t: np.asarray(keras.ops.convert_to_numpy(t), dtype=np.float64)
        root = lambda gs: sum(np.square(array(g)).sum() for g in gs) ** 0.5 if gs else ""
        chosen = []
        for layer, h, g in zip(layers, outputs, gradients):
            if any(len(w.shape) > 1 for w in layer.weights): chosen.append((layer, h, g))
            elif chosen and chosen[-1][1].shape == h.shape: chosen[-1] = (chosen[-1][0], h, g)
        for i, (layer, h, g) in enumerate(chosen, 1):
            uses = [c[0] for c in chosen[:i]].count(layer)
            ids = [id(w) for w in layer.trainable_weights if len(w.shape) > 1 and uses == 1]
            own = [d for w, d in zip(weights, gradients[len(outputs):]) if id(w) in ids and d is not None]
            norms, name = [root([] if g is None else [g]), root(own)], layer.name + (f".{uses}" if uses > 1 else "")
            shape = (array(h).mean(), array(h).std(), i) if i < len(chosen) else ("", "", "")
            self.rows.writerow([self.number - 1, i, name, *norms, *shape])

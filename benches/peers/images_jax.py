"""JAX (CPU) on the workloads over images, norms as in images_torch.py.

  step   jit of one whole step
  epoch  jit of a whole epoch of them
"""
import time
T0 = time.perf_counter()
from peers_common import *
a, w = parse(["step", "epoch"], "epoch", IMAGES)
if a.threads == 1:
    os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_cpu_multi_thread_eigen=false"
os.environ["JAX_PLATFORMS"] = "cpu"
import numpy as np, jax, jax.numpy as jnp
from jax import lax
R, C, B = w["R"], w["C"], w["B"]
BLOCKS = (w["D"] - 1) // 2
r = np.random.default_rng(a.seed)


def normal(*shape, scale):
    return jnp.asarray((r.standard_normal(shape) * scale).astype(np.float32))


def kernel(channels):
    return normal(3, 3, channels, C, scale=(2 / (9 * channels)) ** 0.5)


def scales():
    return {"g": jnp.ones(C), "o": jnp.zeros(C)}


def conv(x, k):
    return lax.conv_general_dilated(x, k, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def norm(p, x):
    """The normalised value, and the batch's mean and variance for the running averages."""
    m = x.mean((0, 1, 2)); v = ((x - m) ** 2).mean((0, 1, 2))
    return (x - m) * lax.rsqrt(v + 1e-5) * p["g"] + p["o"], jnp.stack([m, v])


params = {"first": kernel(1), "norm": scales(),
          "blocks": [{"n1": scales(), "c1": kernel(C), "n2": scales(), "c2": kernel(C)} for _ in range(BLOCKS)],
          "out": {"w": normal(C, OUT, scale=(2 / C) ** 0.5), "b": jnp.zeros(OUT)}}
marks = jnp.zeros((BLOCKS + 1, B, R, R, C))


def logits(p, x, marks):
    x = conv(x, p["first"]) + marks[0]
    seen = []
    for block, mark in zip(p["blocks"], marks[1:]):
        y, s1 = norm(block["n1"], x)
        y, s2 = norm(block["n2"], conv(jax.nn.relu(y), block["c1"]))
        x = x + conv(jax.nn.relu(y), block["c2"]) + mark
        seen += [s1, s2]
    y, last = norm(p["norm"], x)
    return jax.nn.relu(y).mean((1, 2)) @ p["out"]["w"] + p["out"]["b"], jnp.stack(seen + [last])


x_np, y_np = images(np, w)
X, Y = jnp.asarray(x_np.transpose(0, 2, 3, 1)), jnp.asarray(y_np.astype(np.int32))
bat = Batches(np, B, a.seed)
tm = jax.tree.map


def loss_fn(p, marks, x, y):
    out, seen = logits(p, x, marks)
    return -jnp.take_along_axis(jax.nn.log_softmax(out), y[:, None], 1).mean(), seen


def step(state, idx):
    p, m, running = state
    (loss, seen), (g, gm) = jax.value_and_grad(loss_fn, (0, 1), has_aux=True)(p, marks, X[idx], Y[idx])
    flat = gm.reshape(gm.shape[0], -1)
    n = [jnp.sqrt((flat * flat).sum(1))] + [jnp.sqrt((v * v).sum())[None] for v in jax.tree.leaves(g) if v.ndim > 1]
    m = tm(lambda m, g: MOM * m + g, m, g)
    return (tm(lambda p, m: p - LR * m, p, m), m, 0.9 * running + 0.1 * seen), (loss, jnp.concatenate(n))


state = (params, tm(jnp.zeros_like, params), jnp.zeros((2 * BLOCKS + 1, 2, C)))
is_epoch = a.variant == "epoch"
f = jax.jit((lambda s, ii: lax.scan(step, s, ii)) if is_epoch else step, donate_argnums=0)
granule = bat.per_epoch if is_epoch else 1


def run(n):
    global state
    ls, ns = [], []
    for _ in range(n // granule):
        ii = bat.epoch() if is_epoch else bat.next()
        state, (l, m) = f(state, ii.astype(np.int32))
        ls.append(np.atleast_1d(np.asarray(l))); ns.append(np.atleast_2d(np.asarray(m)))
    return np.concatenate(ls), np.concatenate(ns)


bench(a, w, "jax", dict(jax=jax.__version__, jaxlib=__import__("jaxlib").__version__, numpy=np.__version__), run, granule, T0)

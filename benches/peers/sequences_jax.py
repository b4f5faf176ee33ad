"""JAX (CPU) on the workloads over sequences, norms as in sequences_torch.py.

  step   jit of one whole step; time steps in a lax.scan, blocks unrolled
  epoch  jit of a whole epoch of them
"""
import time
T0 = time.perf_counter()
from peers_common import *
a, w = parse(["step", "epoch"], "epoch", SEQUENCES)
if a.threads == 1:
    os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_cpu_multi_thread_eigen=false"
os.environ["JAX_PLATFORMS"] = "cpu"
import numpy as np, jax, jax.numpy as jnp
from jax import lax
P, I, H, B = w["P"], w["I"], w["W"], w["B"]
r = np.random.default_rng(a.seed)


def normal(*shape):
    return jnp.asarray((r.standard_normal(shape) * (2 / sum(shape)) ** 0.5).astype(np.float32))


def linear(i, o):
    return {"w": normal(i, o), "b": jnp.zeros(o)}


def apply(p, x):
    return x @ p["w"] + p["b"]


def norm(p, x):
    m = x.mean(-1, keepdims=True); v = ((x - m) ** 2).mean(-1, keepdims=True)
    return (x - m) * lax.rsqrt(v + 1e-5) * p["g"] + p["o"]


if w["kind"] == "transformer":
    one = lambda: {"g": jnp.ones(H), "o": jnp.zeros(H)}
    params = {"embed": linear(I, H), "position": jnp.asarray((0.02 * r.standard_normal((P, H))).astype(np.float32)),
              "blocks": [{"n1": one(), "n2": one(), "qkv": linear(H, 3 * H), "proj": linear(H, H),
                          "up": linear(H, 4 * H), "down": linear(4 * H, H)} for _ in range(w["D"])],
              "norm": one(), "out": linear(H, OUT)}
    marks = jnp.zeros((2 * w["D"], B, P, H))

    def logits(p, x, marks):
        x = apply(p["embed"], x) + p["position"]
        for b, block in enumerate(p["blocks"]):
            q, k, v = (t.reshape(B, P, w["heads"], -1) for t in jnp.split(apply(block["qkv"], norm(block["n1"], x)), 3, 2))
            scores = jnp.einsum("bthd,bshd->bhts", q, k) / (H // w["heads"]) ** 0.5
            mixed = jnp.einsum("bhts,bshd->bthd", jax.nn.softmax(scores), v).reshape(B, P, H)
            x = x + apply(block["proj"], mixed) + marks[2 * b]
            x = x + apply(block["down"], jax.nn.relu(apply(block["up"], norm(block["n2"], x)))) + marks[2 * b + 1]
        return apply(p["out"], norm(p["norm"], x).mean(1))
else:
    gates = 4 if w["kind"] == "lstm" else 1
    params = {"ih": linear(I, gates * H), "hh": linear(H, gates * H), "out": linear(H, OUT)}
    marks = jnp.zeros((P, B, H))

    def cell(p, carry, at):
        h, c = carry
        u, mark = at
        z = u + apply(p["hh"], h)
        if w["kind"] == "lstm":
            i, f, g, o = jnp.split(z, 4, 1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
        else:
            h = jnp.tanh(z)
        return (h + mark, c), None

    def logits(p, x, marks):
        u = apply(p["ih"], x).transpose(1, 0, 2)
        zero = jnp.zeros((B, H))
        (h, _), _ = lax.scan(lambda carry, at: cell(p, carry, at), (zero, zero), (u, marks))
        return apply(p["out"], h)

x_np, y_np = sequences(np, w)
X, Y = jnp.asarray(x_np), jnp.asarray(y_np.astype(np.int32))
bat = Batches(np, B, a.seed)
tm = jax.tree.map


def loss_fn(p, marks, x, y):
    lp = jax.nn.log_softmax(logits(p, x, marks))
    return -jnp.take_along_axis(lp, y[:, None], 1).mean()


def step(state, idx):
    p, m = state
    loss, (g, gm) = jax.value_and_grad(loss_fn, (0, 1))(p, marks, X[idx], Y[idx])
    flat = gm.reshape(gm.shape[0], -1)
    n = [jnp.sqrt((flat * flat).sum(1))] + [jnp.sqrt((v * v).sum())[None] for v in jax.tree.leaves(g) if v.ndim == 2]
    m = tm(lambda m, g: MOM * m + g, m, g)
    return (tm(lambda p, m: p - LR * m, p, m), m), (loss, jnp.concatenate(n))


state = (params, tm(jnp.zeros_like, params))
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

#!/usr/bin/env python3
"""vgrad beside JAX, NumPy and PyTorch, in turn on the same cores: a Markdown table.

    cargo build --release
    python3 -m venv peers && peers/bin/pip install numpy jax torch
    python3 benches/compare_peers.py --python peers/bin/python

Every round runs ours and then each peer once, so that a machine that is slower for
a while is slower for all; the table has the medians over the rounds and the ratio of
ours to the fastest peer. A process may use as many cores as it has threads. Ours logs
every column of every layer to CSV at every step; the peers keep the norm of every
weight gradient in memory. A peer that cannot be imported is left out.

With --whole, whole processes are timed instead, start-up and CSV included: 500 steps
of a workload, and a run of 0 steps, which is start-up up to the first gradients.
Needs Linux and nothing but the standard library.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORKLOADS = ["W1", "W2", "W3", "W4", "W5"]
SEQUENCES = ["R1", "R2", "T1"]
IMAGES = ["C1", "C2"]
PEERS = ["jax", "numpy", "torch"]


def script(peer, workload):
    kind = "sequences" if workload in SEQUENCES else "images" if workload in IMAGES else "peers"
    return HERE / f"peers/{kind}_{peer}.py"


def writes(peer, workload):
    """Whether there is a script for the workload with that peer."""
    return script(peer, workload).exists()


def variant(peer, workload):
    """The fastest way to write the workload with that peer."""
    if workload in SEQUENCES + IMAGES:
        return {"jax": "epoch", "torch": "eager"}[peer]
    if peer == "jax":
        return "epoch_scanL" if workload == "W4" else "epoch"
    return {"numpy": "hand", "torch": "fused"}[peer]


def environment(peer):
    env = dict(os.environ)
    if peer == "numpy":
        # By itself OpenBLAS takes some AVX-512 machines for AVX2 ones and halves its speed.
        if "avx512f" in Path("/proc/cpuinfo").read_text():
            env["OPENBLAS_CORETYPE"] = "SKYLAKEX"
        env.pop("OPENBLAS_L2_SIZE", None)
    return env


def run(command, threads, env=None):
    """Runs a command on the first cores this process may use; (seconds, its output)."""
    cores = sorted(os.sched_getaffinity(0))[:threads]
    if len(cores) < threads:
        sys.exit(f"error: {threads} threads need as many cores, {len(cores)} are at hand")
    started = time.perf_counter()
    done = subprocess.run([str(word) for word in command], env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          preexec_fn=lambda: os.sched_setaffinity(0, cores))
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"error: exit code {done.returncode} of {' '.join(map(str, command))}\n{done.stderr}")
    return seconds, done.stdout


class Bench:
    """Steps per second, measured by each process itself."""
    unit = "steps/s"

    def ours(self, a, workload, threads):
        _, text = run([a.vgrad, "bench", "--workload", workload, "--threads", threads, "--repeats", 1,
                       "--seconds", a.seconds, "--format", "json", "--quiet"], threads)
        record = json.loads(text)
        return record["steps_per_s"], record

    def peer(self, a, peer, workload, threads):
        _, text = run([a.python, script(peer, workload), "--workload", workload,
                       "--threads", threads, "--variant", variant(peer, workload),
                       "--repeats", 1, "--seconds", a.seconds], threads, environment(peer))
        record = json.loads(text.splitlines()[-1])
        return record["steps_per_s"], record

    @staticmethod
    def ratios(ours, peers):
        return [ours / peer for peer in peers]


class Whole:
    """Seconds of whole processes, measured from outside."""
    unit = "s"

    def __init__(self, steps):
        self.steps = steps

    def ours(self, a, workload, threads, steps=None):
        with tempfile.TemporaryDirectory() as folder:
            seconds, _ = run([a.vgrad, "run", HERE / f"workloads/{workload}.toml",
                              "--set", f"train.steps={self.steps if steps is None else steps}",
                              "--threads", threads, "--out", Path(folder) / "run", "--quiet"], threads)
        return seconds, dict(peer="vgrad", steps=self.steps if steps is None else steps)

    def peer(self, a, peer, workload, threads):
        with tempfile.TemporaryDirectory() as folder:
            seconds, text = run([a.python, script(peer, workload), "--workload", workload,
                                 "--threads", threads, "--variant", variant(peer, workload),
                                 "--steps", self.steps, "--csv", Path(folder) / "peer.csv"],
                                threads, environment(peer))
        return seconds, json.loads(text.splitlines()[-1])

    @staticmethod
    def ratios(ours, peers):
        return [peer / ours for peer in peers]


def importable(python, peer):
    return subprocess.run([python, "-c", f"import numpy, {peer}"], capture_output=True).returncode == 0


def digits(value):
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--python", default=sys.executable, help="the interpreter that has the peers")
    p.add_argument("--vgrad", type=Path, default=HERE.parent / "target/release/vgrad")
    p.add_argument("--workloads", nargs="+", choices=WORKLOADS + ["W1a"] + SEQUENCES + IMAGES,
                   help="default: W1 to W5; with --whole, W1; R1, R2 and T1 are sequences, C1 and C2 images")
    p.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    p.add_argument("--peers", nargs="*", choices=PEERS, default=PEERS)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=2.0, help="length of one measurement")
    p.add_argument("--whole", action="store_true", help="time whole processes")
    p.add_argument("--steps", type=int, default=500, help="steps of a whole process")
    p.add_argument("--out", type=Path, help="append every measurement to this file, a line of JSON each")
    a = p.parse_args()
    if a.rounds < 1:
        p.error("--rounds must be at least 1")
    if not a.vgrad.is_file():
        sys.exit(f"error: no {a.vgrad}; build it with cargo build --release or name it with --vgrad")
    a.workloads = a.workloads or (["W1"] if a.whole else WORKLOADS)
    missing = [peer for peer in a.peers if not importable(a.python, peer)]
    for peer in missing:
        print(f"{peer} is left out: {a.python} cannot import it", file=sys.stderr)
    a.peers = [peer for peer in a.peers if peer not in missing]
    return a


def measure(a, how, workload, threads):
    """Medians by name, and the median over the rounds of ours / the best peer."""
    values, best = {}, []
    out = open(a.out, "a") if a.out else None

    def note(name, measured, round_):
        value, record = measured
        values.setdefault(name, []).append(value)
        if out:
            line = dict(name=name, workload=workload, threads=threads, round=round_, unit=how.unit,
                        value=value, record=record)
            out.write(json.dumps(line) + "\n")
            out.flush()
        return value

    for round_ in range(a.rounds):
        print(f"{workload}, threads {threads}: round {round_ + 1} of {a.rounds}", file=sys.stderr)
        ours = note("vgrad", how.ours(a, workload, threads), round_)
        peers = [note(peer, how.peer(a, peer, workload, threads), round_)
                 for peer in a.peers if writes(peer, workload)]
        if peers:
            best.append(min(how.ratios(ours, peers)))
        if a.whole:
            note("0 steps", how.ours(a, workload, threads, steps=0), round_)
    return {name: statistics.median(found) for name, found in values.items()}, best


def main():
    a = arguments()
    how = Whole(a.steps) if a.whole else Bench()
    names = ["vgrad"] + a.peers + (["0 steps"] if a.whole else [])
    rows = []
    for workload in a.workloads:
        for threads in a.threads:
            medians, best = measure(a, how, workload, threads)
            row = [workload, str(threads)] + [digits(medians[name]) if name in medians else "–" for name in names]
            measured = [peer for peer in a.peers if peer in medians]
            if a.whole:
                row += [f"{medians[peer] / medians['vgrad']:.2f}" if peer in medians else "–" for peer in a.peers]
            elif best:
                ratios = how.ratios(medians["vgrad"], [medians[peer] for peer in measured])
                row += [f"{min(ratios):.2f}", f"{min(best):.2f} … {max(best):.2f}"]
            rows.append(row)
    head = ["workload", "threads"] + names
    if a.whole:
        head += [f"{peer} / vgrad" for peer in a.peers]
    elif a.peers:
        head += ["× the best peer", "over the rounds"]
    print(f"{how.unit}, medians of {a.rounds} rounds, {time.strftime('%Y-%m-%d')}\n")
    for row in [head, ["---"] * len(head)] + rows:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()

"""Trains the teachers and companions of core-objects-ost@1 on the training split of core-objects, and exports them as ONNX.

    npm run images -- --set train --to FOLDER        (the project's own generator; writes images.npy and images.csv into IMAGES)
    python3 bench/teachers/train.py IMAGES OUT [NAME ...]

One thread; PyTorch >= 1.13. The recipe is the zoo's core-objects-train@1 with four times its presentations: stage 1, 240,000
presentations of the first step alone (the easier half of the images by load for the first quarter); stage 2, 160,000 of all steps,
loss = mean over steps of the cross-entropy. The last 1,000 images of the split are kept for the accuracies in the receipt.
A run that is killed goes on from its last checkpoint, with the same result.
"""
import csv, hashlib, json, math, os, platform, sys, time

import numpy as np
import torch
from torch.nn import functional as F

from nets import COMPANIONS, TEACHERS, Net

BATCH, WARM_UP, DECAY, SMOOTHING, CLIP, SHIFT = 32, 40, 0.02, 0.05, 1.0, 4
STAGES = ((240_000, 4e-3), (160_000, 2e-3))
VALIDATION, CHECKPOINT_EVERY = 1_000, 500


def load_split(folder):
    images = np.load(os.path.join(folder, "images.npy"))
    with open(os.path.join(folder, "images.csv")) as file:
        rows = list(csv.DictReader(file))
    labels = np.array([int(row["object_index"]) for row in rows])
    load = np.array([float(row["load"]) for row in rows])
    return images, labels, load, hashlib.sha256(images.tobytes()).hexdigest()


def standardise(images):
    return torch.from_numpy((images.astype(np.float32) / 255 - 0.5) / 0.25)[:, None]


def augment(images, draw):
    """Shifts of up to 4 px in both directions, edges repeated, and flips; [n][64][64] in and out."""
    n, side = images.shape[0], images.shape[1]
    padded = np.pad(images, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT)), mode="edge")
    shifts, flips = draw.randint(0, 2 * SHIFT + 1, (n, 2)), draw.rand(n) < 0.5
    out = np.empty_like(images)
    for i in range(n):
        y, x = shifts[i]
        crop = padded[i, y:y + side, x:x + side]
        out[i] = crop[:, ::-1] if flips[i] else crop
    return out


def batches(draw, pool, count):
    """`count` batches of indices, each image once an epoch."""
    order = np.empty(0, np.int64)
    for _ in range(count):
        while len(order) < BATCH:
            order = np.concatenate([order, draw.permutation(pool)])
        yield order[:BATCH]
        order = order[BATCH:]


def schedule(stage):
    presentations, rate = STAGES[stage]
    steps = presentations // BATCH
    return steps, lambda i: rate * min(1, (i + 1) / WARM_UP) * 0.5 * (1 + math.cos(math.pi * i / steps))


def accuracy(net, images, labels, steps):
    net.eval()
    correct = np.zeros(steps)
    with torch.no_grad():
        for at in range(0, len(images), 250):
            _, logits = net(standardise(images[at:at + 250]), steps)
            correct += [int((l.argmax(1).numpy() == labels[at:at + 250]).sum()) for l in logits]
    net.train()
    return [round(float(c) / len(images), 4) for c in correct]


class Graph(torch.nn.Module):
    """RGB in 0..1 in, IT maps and logits of every step out."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, image):
        its, logits = self.net((image.mean(1, keepdim=True) - 0.5) / 0.25)
        return tuple(its) + tuple(logits)


def export(net, path):
    names = [f"it_t{t}" for t in range(net.steps)] + [f"logits_t{t}" for t in range(net.steps)]
    axes = {name: {0: "n"} for name in ["image", *names]}
    net.eval()
    torch.onnx.export(Graph(net), torch.rand(2, 3, 64, 64), path, input_names=["image"], output_names=names, dynamic_axes=axes, opset_version=16)


def train(name, kind, widths, steps, seed, data, out):
    images, labels, load, digest = data
    done = os.path.join(out, f"{name}.json")
    if os.path.exists(done):
        return
    fitted = np.arange(len(images) - VALIDATION)
    held = slice(len(images) - VALIDATION, None)
    easy = fitted[load[fitted] <= np.median(load[fitted])]
    torch.manual_seed(seed)
    net = Net(kind, widths, steps)
    kernels = [p for p in net.parameters() if p.dim() > 1]
    rest = [p for p in net.parameters() if p.dim() <= 1]
    checkpoint = os.path.join(out, f"{name}.checkpoint")
    state = {"stage": 0, "step": 0, "seconds": 0.0}
    optimizer = None
    saved = torch.load(checkpoint) if os.path.exists(checkpoint) else None
    for stage in (0, 1):
        if saved and stage < saved["stage"]:
            continue
        optimizer = torch.optim.AdamW([{"params": kernels, "weight_decay": DECAY}, {"params": rest, "weight_decay": 0.0}], lr=1)
        total, rate = schedule(stage)
        unroll = 1 if stage == 0 else steps
        draw = np.random.RandomState(seed * 10 + stage)
        quarter = total // 4 if stage == 0 else 0
        plan = [*batches(draw, easy, quarter), *batches(draw, fitted, total - quarter)]
        start = 0
        if saved and saved["stage"] == stage:
            start, state["seconds"] = saved["step"], saved["seconds"]
            net.load_state_dict(saved["net"])
            optimizer.load_state_dict(saved["optimizer"])
        elif saved is None and stage == 0:
            pass
        began, mean = time.time(), 0.0
        for i in range(start, total):
            # One generator a step, so that a run that goes on from a checkpoint draws what it would have drawn.
            pixels = augment(images[plan[i]], np.random.RandomState((seed * 7 + stage * 3) * 100_000 + i))
            target = torch.from_numpy(labels[plan[i]])
            for group in optimizer.param_groups:
                group["lr"] = rate(i)
            _, logits = net(standardise(pixels), unroll)
            loss = sum(F.cross_entropy(l, target, label_smoothing=SMOOTHING) for l in logits) / len(logits)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), CLIP)
            optimizer.step()
            mean = loss.item() if i == start else 0.99 * mean + 0.01 * loss.item()
            if not math.isfinite(mean):
                raise SystemExit(f"{name}: the loss is not finite at stage {stage + 1}, step {i}; lower the rate in STAGES.")
            if (i + 1) % CHECKPOINT_EVERY == 0 or i + 1 == total:
                spent = state["seconds"] + time.time() - began
                line = f"{name} stage {stage + 1} step {i + 1}/{total} loss {mean:.3f} {spent:.0f} s"
                if (i + 1) % (4 * CHECKPOINT_EVERY) == 0 or i + 1 == total:
                    line += f" accuracy by step {accuracy(net, images[held], labels[held], unroll)}"
                print(line, flush=True)
                at = {"stage": stage, "step": i + 1} if i + 1 < total or stage == 1 else {"stage": 1, "step": 0}
                if at != {"stage": 1, "step": 0}:
                    torch.save({**at, "seconds": spent, "net": net.state_dict(), "optimizer": optimizer.state_dict()}, checkpoint + ".new")
                    os.replace(checkpoint + ".new", checkpoint)
        state["seconds"] += time.time() - began
        saved = None if saved and saved["stage"] == stage else saved
    by_step = accuracy(net, images[held], labels[held], steps)
    export(net, os.path.join(out, f"{name}.onnx"))
    receipt = {
        "name": name, "kind": kind, "widths": widths, "steps": steps, "seed": seed,
        "parameters": sum(p.numel() for p in net.parameters()),
        "recipe": "core-objects-train@1, four times the presentations", "presentations": [s[0] for s in STAGES],
        "rates": [s[1] for s in STAGES], "trainImages": len(fitted), "trainPixelsSha256": digest,
        "backend": f"PyTorch {torch.__version__}, one thread of a processor", "python": platform.python_version(), "numpy": np.__version__,
        "seconds": round(state["seconds"]), "validationImages": VALIDATION, "accuracyByStep": by_step,
        "command": f"python3 bench/teachers/train.py IMAGES OUT {name}",
    }
    with open(done + ".new", "w") as file:
        json.dump(receipt, file, indent=2)
    os.replace(done + ".new", done)
    os.remove(checkpoint)
    print(f"{name}: {by_step} after {state['seconds']:.0f} s", flush=True)


def main():
    folder, out, *names = sys.argv[1:]
    torch.set_num_threads(1)
    os.makedirs(out, exist_ok=True)
    data = load_split(folder)
    nets = {**TEACHERS, **COMPANIONS}
    for name in names or nets:
        if name not in nets:
            raise SystemExit(f"no net is called {name}; there are {', '.join(nets)}")
        train(name, *nets[name], data, out)


if __name__ == "__main__":
    main()

"""The peer of bench/training.ts: bl of the zoo in PyTorch (bench/teachers/nets.py, kind "lateral", for rgb images).

torch_training.py BATCHES BATCH: prints the version; then for each line of its input, `first` or `all`, trains BATCHES batches of one
or nine steps and prints the seconds of processor time that they took.
"""
import pathlib, sys, time

import torch
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "teachers"))
from nets import Conv, Net  # noqa: E402

batches, batch = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(1)
torch.manual_seed(1)
images = torch.rand(batch, 3, 64, 64)
labels = torch.arange(batch) % 10

net = Net("lateral", (32, 64, 128, 64), 9)
net.areas[0].bottom_up = Conv(3, 32, 7, 4)
assert sum(p.numel() for p in net.parameters()) == 402_218
optimiser = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=0.02)

print(torch.__version__, flush=True)
for line in sys.stdin:
    steps = 1 if line.strip() == "first" else 9
    before = time.process_time()
    for _ in range(batches):
        optimiser.zero_grad()
        _, logits = net(images, steps)
        loss = sum(F.cross_entropy(step, labels, label_smoothing=0.05) for step in logits) / steps
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
    print(time.process_time() - before, flush=True)

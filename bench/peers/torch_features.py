"""The peer of bench/activations-route.ts: bl-64 built in PyTorch with the weights of its ONNX file, run on exported images;
writes all.npz, ids.txt and corescore.json to a folder.
Usage: torch_features.py EXPORT bl-64.onnx bl-64.json OUT
Install: pip install torch onnx numpy pillow"""
import csv, json, shutil, sys
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from PIL import Image

export, onnx_path, manifest_path, out = map(Path, sys.argv[1:5])
GROUPS, STEPS = 4, 5


class Recurrent(torch.nn.Module):
    """Four areas; from the second on, each adds what its own state of the step before sends sideways. The weights are
    those of the file; group normalisation and the order of operations are written anew."""

    def __init__(self, weights):
        super().__init__()
        w = {name: torch.from_numpy(values) for name, values in weights.items()}
        self.forward_w = [w[f'n.f.{i}.weight'] for i in range(4)]
        self.lateral_w = [None] + [w[f'n.l.{i}.weight'] for i in range(1, 4)]
        self.scale = [w[f'onnx::Mul_{317 + 2 * i}'].flatten() for i in range(4)]
        self.shift = [w[f'onnx::Add_{318 + 2 * i}'].flatten() for i in range(4)]

    def area(self, i, drive):
        return F.relu(F.group_norm(drive, GROUPS, self.scale[i], self.shift[i], eps=1e-5))

    def forward(self, x):
        gray = (x * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
        gray = (gray - gray.mean((1, 2, 3), keepdim=True)) / 0.2
        first = self.area(0, F.conv2d(gray, self.forward_w[0], stride=2, padding=2))
        state, steps = [first, None, None, None], []
        for _ in range(STEPS):
            now = [first]
            for i in range(1, 4):
                drive = F.conv2d(F.max_pool2d(now[i - 1], 2), self.forward_w[i], padding=1)
                if state[i] is not None:
                    drive = drive + F.conv2d(state[i], self.lateral_w[i], padding=1)
                now.append(self.area(i, drive))
            state = now
            steps.append(state[3].flatten(1))
        return steps


graph = onnx.load(onnx_path).graph
weights = {t.name: onnx.numpy_helper.to_array(t).copy() for t in graph.initializer}
model = Recurrent(weights).eval()

rows = list(csv.DictReader(open(export / 'stimuli.csv', newline='')))
images = np.stack([np.asarray(Image.open(export / row['filename'])) for row in rows])
x = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
with torch.inference_mode():
    batches = [[step.numpy() for step in model(batch)] for batch in x.split(64)]
it = np.stack([np.concatenate(step) for step in zip(*batches)])

out.mkdir(parents=True, exist_ok=True)
np.savez_compressed(out / 'all.npz', it=it)
shutil.copy(export / 'ids.txt', out / 'ids.txt')
about = json.loads((export / 'manifest.json').read_text())
json.dump({
    'manifestVersion': 1, 'name': 'bl-64-torch', 'kind': 'activations',
    'description': f'bl-64 in PyTorch {torch.__version__}, activations computed outside',
    'clock': json.loads(manifest_path.read_text())['clock'],
    'stimuli': {'set': about['stimulusSet']['digest'], 'ids': 'ids.txt'},
    'regions': {'IT': {'file': 'all.npz#it', 'axes': ['step', 'stimulus', 'feature']}},
}, open(out / 'corescore.json', 'w'), indent=1)
print(json.dumps({'torch': torch.__version__, 'shape': it.shape, 'threads': torch.get_num_threads()}))

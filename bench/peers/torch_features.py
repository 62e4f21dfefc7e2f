"""The peer of bench/activations-route.ts: bl-64 built in PyTorch with the weights of its ONNX file, run on exported images;
writes all.npz, ids.txt and corescore.json to a folder.
Usage: torch_features.py EXPORT bl-64.onnx bl-64.json OUT
Install: pip install torch onnx numpy pillow"""
import csv, json, shutil, sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from bl64_torch import bl64

export, onnx_path, manifest_path, out = map(Path, sys.argv[1:5])

model = bl64(onnx_path)

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

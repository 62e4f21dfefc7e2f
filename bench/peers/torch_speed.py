"""The PyTorch peer of bench/runtime.ts. Makes a network, writes it as ONNX, then times a batch for every line on stdin.
Usage: torch_speed.py resnet18|resnet50|bl-64 bl-64.onnx OUT.onnx THREADS BATCH
Install: pip install torch torchvision onnx onnxscript"""
import json, sys, time, warnings

import numpy as np
import torch

name, bl64_path, out, threads, batch = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
torch.set_num_threads(threads)
# The exporter whose files most of our users have.
warnings.filterwarnings('ignore', category=DeprecationWarning)
torch.manual_seed(0)
if name == 'bl-64':
    from bl64_torch import bl64
    model, side = bl64(bl64_path), 64
else:
    import torchvision
    model, side = getattr(torchvision.models, name)(weights=None).eval(), 224
    example = torch.zeros(1, 3, side, side)
    torch.onnx.export(model, example, out, input_names=['image'], output_names=['it'],
                      dynamic_axes={'image': {0: 'batch'}, 'it': {0: 'batch'}}, dynamo=False)

# The values of bench/runtime/nets.ts.
state, values = 7, np.empty(batch * 3 * side * side, np.float32)
for i in range(values.size):
    state = (state * 1664525 + 1013904223) % 2**32
    values[i] = state / 2**32
x = torch.from_numpy(values.reshape(batch, 3, side, side))
with torch.inference_mode():
    last = model(x)
    last = last[-1] if isinstance(last, list) else last
    first = last.flatten()[:64].tolist()
    print(json.dumps({'torch': torch.__version__, 'first': first}), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        model(x)
        print(json.dumps({'ms': (time.perf_counter() - start) * 1000}), flush=True)

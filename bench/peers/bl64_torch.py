"""bl-64 in PyTorch, with the weights of its ONNX file. For the peers beside it."""
import onnx
import torch
import torch.nn.functional as F

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


def bl64(path):
    """The network of bl-64.onnx in evaluation mode: images [n][3][64][64] in 0..1 -> IT a step, [n][1024]."""
    weights = {t.name: onnx.numpy_helper.to_array(t).copy() for t in onnx.load(path).graph.initializer}
    return Recurrent(weights).eval()

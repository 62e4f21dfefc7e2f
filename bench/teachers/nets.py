"""The teachers of core-objects-ost@1 and their feed-forward companions: small nets of four areas for 64 x 64 gray images.

Areas V1, V2, V4, IT have sides 16, 8, 4, 4; V1 has a 7x7 kernel of stride 4, the others 3x3 of strides 2, 2, 1. All recurrent nets
are unrolled as a sweep: at step t an area reads the area below at the same t and everything else at t - 1; the state before t = 0
is 0. `forward(x, steps)` takes x [n][1][64][64], standardised, and returns the IT maps and the logits of each step.
"""
import torch
from torch import nn
from torch.nn import functional as F

STRIDES, KERNELS, CLASSES = (4, 2, 2, 1), (7, 3, 3, 3), 10


def same_pad(x, kernel, stride):
    """TensorFlow's `same`: the larger half of the padding comes after."""
    total = max((-(-x.shape[-1] // stride) - 1) * stride + kernel - x.shape[-1], 0)
    before = total // 2
    return F.pad(x, (before, total - before, before, total - before))


class Conv(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride=1, bias=False, gain="relu"):
        super().__init__()
        self.stride, self.kernel = stride, kernel
        self.weight = nn.Parameter(torch.empty(outputs, inputs, kernel, kernel))
        if gain == "relu":
            nn.init.kaiming_normal_(self.weight)
        else:
            nn.init.xavier_uniform_(self.weight)
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None

    def forward(self, x):
        return F.conv2d(same_pad(x, self.kernel, self.stride), self.weight, self.bias, self.stride)


def norm(channels):
    return nn.GroupNorm(channels // 4, channels)


class Area(nn.Module):
    """h_t = ReLU(GN(B*u_t + L*h_{t-1} + top-down)), or without the recurrent terms."""

    def __init__(self, below, width, kernel, stride, lateral=False):
        super().__init__()
        self.bottom_up = Conv(below, width, kernel, stride)
        self.lateral = Conv(width, width, 3) if lateral else None
        self.norm = norm(width)

    def drive(self, u):
        return self.bottom_up(u)

    def step(self, drive, state, top_down=None):
        if state is not None and self.lateral is not None:
            drive = drive + self.lateral(state)
        if top_down is not None:
            drive = drive + top_down
        out = F.relu(self.norm(drive))
        return out, out


class GatedArea(Area):
    """h_t = z . h_{t-1} + (1 - z) . ReLU(GN(B*u_t + L*h_{t-1})), z = sig(Gu*u_t + Gh*h_{t-1} + b), gates 1x1, b = 0 at the start."""

    def __init__(self, below, width, kernel, stride):
        super().__init__(below, width, kernel, stride, lateral=True)
        self.gate_input = Conv(below, width, 1, stride, bias=True, gain="gate")
        self.gate_state = Conv(width, width, 1, gain="gate")

    def drive(self, u):
        return self.bottom_up(u), self.gate_input(u)

    def step(self, drive, state, top_down=None):
        drive, gate = drive
        if state is None:
            out = (1 - torch.sigmoid(gate)) * F.relu(self.norm(drive))
        else:
            z = torch.sigmoid(gate + self.gate_state(state))
            out = z * state + (1 - z) * F.relu(self.norm(drive + self.lateral(state)))
        return out, out


class LstmArea(nn.Module):
    """i, f, o = sig, g = tanh of GN(Wx*u_t + Wh*h_{t-1}) + b, a norm for each of the four; c_t = f.c + i.g; h_t = o.tanh(c_t); b_f = 1."""

    def __init__(self, below, width, kernel, stride):
        super().__init__()
        self.bottom_up = Conv(below, 4 * width, kernel, stride, gain="gate")
        self.lateral = Conv(width, 4 * width, 3, gain="gate")
        self.norm = nn.GroupNorm(width, 4 * width)
        with torch.no_grad():
            self.norm.bias[width:2 * width] = 1

    def drive(self, u):
        return self.bottom_up(u)

    def step(self, drive, state, top_down=None):
        if state is not None:
            drive = drive + self.lateral(state[0])
        i, f, o, g = self.norm(drive).chunk(4, 1)
        cell = torch.sigmoid(i) * torch.tanh(g)
        if state is not None:
            cell = cell + torch.sigmoid(f) * state[1]
        out = torch.sigmoid(o) * torch.tanh(cell)
        return out, (out, cell)


class Deep(nn.Module):
    """An area of two convolutions, for the deep feed-forward companions."""

    def __init__(self, below, width, kernel, stride):
        super().__init__()
        self.first, self.second = Area(below, width, kernel, stride), Area(width, width, 3, 1)

    def drive(self, u):
        return self.first.step(self.first.drive(u), None)[0]

    def step(self, drive, state, top_down=None):
        return self.second.step(self.second.drive(drive), None)


class Net(nn.Module):
    def __init__(self, kind, widths, steps):
        super().__init__()
        make = {
            "ff": lambda l, *a: Area(*a),
            "ff-deep": lambda l, *a: Deep(*a) if l > 0 else Area(*a),
            "lateral": lambda l, *a: Area(*a, lateral=True),
            "lateral-top-down": lambda l, *a: Area(*a, lateral=True),
            "gated": lambda l, *a: GatedArea(*a) if l > 0 else Area(*a, lateral=True),
            "lstm": lambda l, *a: LstmArea(*a) if l > 0 else Area(*a, lateral=True),
        }[kind]
        below = (1, *widths[:-1])
        self.kind, self.widths, self.steps = kind, widths, steps
        self.areas = nn.ModuleList(make(l, below[l], widths[l], KERNELS[l], STRIDES[l]) for l in range(4))
        self.top_down = nn.ParameterList()
        if kind == "lateral-top-down":
            for l in range(3):
                kernel = torch.empty(widths[l + 1], widths[l], 3, 3)
                nn.init.kaiming_normal_(kernel)
                self.top_down.append(nn.Parameter(kernel * 0.1))
        self.readout = nn.Linear(widths[-1], CLASSES)
        nn.init.xavier_uniform_(self.readout.weight)
        nn.init.zeros_(self.readout.bias)

    def feedback(self, outputs, area):
        if len(self.top_down) == 0 or area == 3 or outputs[area + 1] is None:
            return None
        # The adjoint of the `same` convolution of this stride, written as zeros between the pixels and a convolution with the
        # turned kernel: PyTorch's own transposed convolution takes five times as long on a processor.
        h, stride = outputs[area + 1], STRIDES[area + 1]
        before, after = (2, 0) if stride == 2 else (1, 1)
        if stride == 2:
            n, c, side, _ = h.shape
            h = F.pad(h.reshape(n, c, side, 1, side, 1), (0, 1, 0, 0, 0, 1)).reshape(n, c, 2 * side, 2 * side)
        kernel = self.top_down[area].flip(2, 3).transpose(0, 1)
        return F.conv2d(F.pad(h, (before, after, before, after)), kernel)

    def forward(self, x, steps=None):
        states, outputs = [None] * 4, [None] * 4
        first = self.areas[0].drive(x)
        its, logits = [], []
        for _ in range(self.steps if steps is None else steps):
            previous = list(outputs)
            u = None
            for l, area in enumerate(self.areas):
                drive = first if l == 0 else area.drive(u)
                u, states[l] = area.step(drive, states[l], self.feedback(previous, l))
                outputs[l] = u
            its.append(u)
            logits.append(self.readout(u.mean((2, 3))))
        return its, logits


# Widths that no row of the board uses; about 100,000 parameters each. Residualisers enter the plant, null nets only make null rows.
TEACHERS = {
    "teacher-lateral-1": ("lateral", (16, 24, 48, 64), 9, 1101),
    "teacher-lateral-2": ("lateral", (20, 28, 44, 60), 9, 1102),
    "teacher-topdown-1": ("lateral-top-down", (16, 24, 40, 52), 9, 1103),
    "teacher-topdown-2": ("lateral-top-down", (12, 28, 36, 56), 9, 1104),
    "teacher-gated-1": ("gated", (16, 24, 44, 60), 9, 1105),
    "teacher-gated-2": ("gated", (20, 28, 40, 56), 9, 1106),
    "teacher-lstm-1": ("lstm", (12, 16, 24, 32), 9, 1107),
    "teacher-lstm-2": ("lstm", (16, 16, 20, 36), 9, 1108),
}
COMPANIONS = {
    "residualiser-shallow": ("ff", (16, 24, 48, 64), 1, 1201),
    "residualiser-deep-1": ("ff-deep", (16, 24, 48, 64), 1, 1202),
    "residualiser-deep-2": ("ff-deep", (20, 28, 44, 60), 1, 1203),
    "null-shallow-1": ("ff", (20, 28, 44, 64), 1, 1204),
    "null-shallow-2": ("ff", (12, 28, 52, 64), 1, 1205),
    "null-deep": ("ff-deep", (12, 24, 52, 60), 1, 1206),
}

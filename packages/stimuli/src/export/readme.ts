import type { StimulusSet } from '../stimulus-set.js';

/** What a reader of an export needs to know; the snippet runs as it stands but for the model. */
export function exportReadme(benchmark: string, set: StimulusSet, hasInput: boolean): string {
  const images = hasInput
    ? `x = np.load("input.npy")  # placed, resized and normalised as the manifest of --for says
batches = torch.from_numpy(x).split(64)`
    : `# 8-bit RGB images of ${set.visualDegrees} degrees of visual angle. Crop, pad, resize and normalise as your model needs (see below).
def load(i):
    image = np.asarray(Image.open(files[i]), dtype=np.float32) / 255
    return torch.from_numpy(image).permute(2, 0, 1)
batches = torch.stack([load(i) for i in range(len(files))]).split(64)`;
  return `Images of ${benchmark}, stimulus set ${set.identifier}
digest ${set.digest}

images/        one PNG a stimulus, lossless: the very pixels that models are shown
stimuli.csv    stimulus_id, filename, object_name, band, sha256_pixels (8-bit RGB, row by row), width, height, degrees
manifest.json  the set: identifier, digest, number and size of the images, degrees of visual angle
ids.txt        the stimulus ids, one a line: the order of stimuli.csv${hasInput ? ', and of input.npy' : ''}
${hasInput ? 'input.npy      float32, what a network of the manifest given with --for is fed\n' : ''}
Compute activations where the weights are, and submit them:

import csv, json
import numpy as np, torch
${hasInput ? '' : 'from PIL import Image\n'}
rows = list(csv.DictReader(open("stimuli.csv", newline="")))
ids, files = [r["stimulus_id"] for r in rows], [r["filename"] for r in rows]
${images}

model = ...  # in eval mode; returns one tensor [batch, ...] a time step, or a list of one
steps = []   # [step][stimulus, feature]
with torch.inference_mode():
    for batch in batches:
        steps.append([t.flatten(1).float().numpy() for t in model(batch)])
it = np.stack([np.concatenate(s) for s in zip(*steps)])  # [step, stimulus, feature]
np.savez("all.npz", it=np.ascontiguousarray(it))         # float32 or float16

json.dump({
    "manifestVersion": 1, "name": "my-model", "kind": "activations",
    "clock": {"onsetMs": 70, "stepMs": 10},  # when step 0 begins after image onset, how long a step lasts; your model's
    "stimuli": {"set": "${set.digest}", "ids": "ids.txt"},
    "regions": {"IT": {"file": "all.npz#it", "axes": ["step", "stimulus", "feature"]}},
}, open("corescore.json", "w"), indent=1)

A model without time: save it=it[0], with "axes": ["stimulus", "feature"] and no "clock".

corescore submit --manifest corescore.json --benchmark ${benchmark} --wait

How the service places an image for a network whose input covers D degrees: the image keeps its pixels per degree. If D
is more than ${set.visualDegrees}, it is pasted centred on gray (128) of round(D / ${set.visualDegrees} * side) pixels; if less, its centre of that
size is cut out. Then it is resized as Pillow's Image.resize does (BILINEAR or BICUBIC, antialiased), in 8 bits.
\`corescore stimuli export ${benchmark} --to DIR --for corescore.json\` does all of it, by the "input" of that manifest.
`;
}

// Starts decoding with scoring threads and aborts it, again and again, at moments drawn from the seed; prints how often it
// was cut off. Whatever aborts inside a native library ends this process. Arguments: path of activations, aborts, seed.
import { RandomState, stratifiedKFold } from '@corescore/metrics';
import { withPool } from '../../dist/processes/pool.js';

const [path, aborts, seed] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const IMAGES = 400;
const CLASSES = 4;
const labels = Int32Array.from({ length: IMAGES }, (_, i) => i % CLASSES);
const folds = [1, 2].map((fold) => stratifiedKFold(Array.from(labels, String), 5, fold));
const task = { path, weights: Float64Array.of(1), labels, classes: CLASSES, folds, c: 1e-3 };
const random = new RandomState(seed);
let cut = 0;
for (let k = 0; k < aborts; k++) {
  const controller = new AbortController();
  const reason = new Error('cancelled');
  const alarm = setTimeout(() => controller.abort(reason), 1200 * random.rand());
  try {
    await withPool(2, controller.signal, (pool) =>
      Promise.all(Array.from({ length: 12 }, () => pool.run('decodeMixture', task))),
    );
  } catch (error) {
    if (error !== reason) throw error;
    cut += 1;
  }
  clearTimeout(alarm);
}
console.log(cut);

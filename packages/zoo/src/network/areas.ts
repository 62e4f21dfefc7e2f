import { AREA_NAMES, type AreaForm, type ModelOptions, type ZooModel } from '../models/model.js';
import { slide } from '../ops/windows.js';
import { invalid, whole } from './checks.js';
import { type AreaShape, GROUP } from './house.js';
import { LIMITS } from './limits.js';

const RGB = 3;

/** What a configuration says in place of the model's own, a number an area. */
interface Lists {
  widths?: readonly number[];
  kernels?: readonly number[];
  strides?: readonly number[];
}

/**
 * The four areas with their sizes.
 * @throws CorescoreError for numbers of which no network can be made
 */
export function resolveAreas(model: ZooModel, config: Lists, options: ModelOptions, imageSide: number): AreaShape[] {
  const widths = listOf(config.widths ?? model.widths, '/widths', LIMITS.width);
  const kernels = listOf(config.kernels ?? model.form.map(({ kernel }) => kernel), '/kernels', LIMITS.kernel);
  const strides = listOf(config.strides ?? model.form.map(({ stride }) => stride), '/strides', LIMITS.stride);
  checkWidths(model, widths);
  const front = model.unrolling === 'own' ? undefined : model.frontForm?.(options);
  let side = front === undefined ? imageSide : slide(imageSide, 1, front.stride, 'same').out;
  let inputs = front?.channels ?? RGB;
  return AREA_NAMES.map((name, l) => {
    const [width, kernel, stride] = [widths[l]!, kernels[l]!, strides[l]!];
    side = sideAfter(model.form[l]!, { name, l, kernel, stride }, side);
    const shape = { name, width, inputs, kernel, stride, side };
    inputs = width;
    return shape;
  });
}

interface Step {
  name: string;
  l: number;
  kernel: number;
  stride: number;
}

function sideAfter({ pool = 1 }: AreaForm, { name, l, kernel, stride }: Step, below: number): number {
  if (stride > kernel) {
    const detail = `${name} has a kernel of ${kernel} and a stride of ${stride}: what lies between is never seen.`;
    throw invalid(detail, `/strides/${l}`, `Give a stride of at most ${kernel}.`);
  }
  if (stride * pool > below) {
    const detail = `${name} makes its map ${stride * pool} times smaller, and what it looks at has a side of ${below}.`;
    throw invalid(detail, `/strides/${l}`, 'Give a larger image or smaller strides.');
  }
  const { out } = slide(below, kernel, stride, 'same');
  return slide(out, 1, pool, 'same').out;
}

function checkWidths(model: ZooModel, widths: readonly number[]): void {
  if (model.firstWidth !== undefined && widths[0] !== model.firstWidth) {
    const detail = `The first area of ${model.id} has ${model.firstWidth} channels, not ${widths[0]}.`;
    throw invalid(detail, '/widths/0', `Give ${model.firstWidth}.`);
  }
  const odd = model.grouped ? widths.findIndex((width) => width % GROUP !== 0) : -1;
  if (odd < 0) return;
  const detail = `/widths/${odd} is ${widths[odd]}, and group norm takes ${GROUP} channels a group.`;
  throw invalid(detail, `/widths/${odd}`, `Give a multiple of ${GROUP}.`);
}

function listOf(values: unknown, field: string, most: number): number[] {
  if (!Array.isArray(values) || values.length !== AREA_NAMES.length) {
    const remedy = `Give ${AREA_NAMES.length} numbers, one for each of ${AREA_NAMES.join(', ')}.`;
    throw invalid(`${field} is ${JSON.stringify(values)}.`, field, remedy);
  }
  return values.map((value, i) => whole(value, `${field}/${i}`, 1, most));
}

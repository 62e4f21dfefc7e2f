import { CorescoreError } from '@corescore/contracts';

export type Json = Record<string, unknown>;

/** `field` is the file that all of it is in; the text says where in it. */
export function notTfjs(detail: string, remedy: string): CorescoreError {
  return new CorescoreError('not_tfjs', detail, { field: 'model.json', remedy });
}

const EXPORT = 'Save it again with tf.LayersModel.save() or tensorflowjs_converter.';

export function object(value: unknown, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw notTfjs(`${what} is not an object.`, EXPORT);
}

export function list(value: unknown, what: string, most: number): unknown[] {
  if (!Array.isArray(value)) throw notTfjs(`${what} is not a list.`, EXPORT);
  if (value.length > most) {
    throw new CorescoreError('model_too_complex', `${what} has ${value.length} entries; ${most} are accepted.`, {
      field: 'model.json',
      remedy: 'Send a smaller model.',
    });
  }
  return value;
}

const LONGEST_NAME = 512;

export function text(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '') throw notTfjs(`${what} is not a text.`, EXPORT);
  if (value.length > LONGEST_NAME) {
    throw new CorescoreError('model_too_complex', `${what} is ${value.length} characters long.`, {
      field: 'model.json',
      remedy: `Use names of at most ${LONGEST_NAME} characters.`,
    });
  }
  return value;
}

const LARGEST_DIMENSION = 2 ** 24;
const MOST_DIMENSIONS = 8;

/** A shape; null (or -1, as TensorFlow writes it) for a dimension that is not fixed, where `open` allows it. */
export function shape(value: unknown, what: string, open: boolean): (number | null)[] {
  return list(value, `The shape of ${what}`, MOST_DIMENSIONS).map((given) => {
    const dim = typeof given === 'string' ? Number(given) : given;
    if (open && (dim === null || dim === -1)) return null;
    if (!Number.isSafeInteger(dim) || (dim as number) < 0) {
      throw notTfjs(`${what} has the dimension ${JSON.stringify(given)}.`, EXPORT);
    }
    if ((dim as number) > LARGEST_DIMENSION) {
      throw new CorescoreError('model_too_complex', `${what} has a dimension of ${dim}.`, {
        field: 'model.json',
        remedy: `Dimensions of at most ${LARGEST_DIMENSION} are accepted.`,
      });
    }
    return dim as number;
  });
}

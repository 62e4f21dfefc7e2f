import type { Dataset, File } from 'h5wasm/node';
import { STRING_CLASS } from './readable.js';

/** Attributes that HDF5, netCDF and CF keep for themselves. */
const INTERNAL = new Set([
  'CLASS',
  'NAME',
  'REFERENCE_LIST',
  'DIMENSION_LIST',
  'DIMENSION_LABELS',
  '_Netcdf4Dimid',
  '_Netcdf4Coordinates',
  '_NCProperties',
  '_FillValue',
  'missing_value',
  'scale_factor',
  'add_offset',
  'coordinates',
]);

export const isText = (dataset: Dataset): boolean => dataset.metadata.type === STRING_CLASS;

/** Values of a text dataset, or null where it is not text. */
export function texts(dataset: Dataset): string[] | null {
  if (!isText(dataset)) return null;
  const { value } = dataset;
  return Array.isArray(value) ? value.map(String) : [String(value)];
}

/** Values of a numeric dataset as stored. */
export function numbers(dataset: Dataset): number[] {
  const { value } = dataset;
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array | BigInt64Array, Number);
  throw new TypeError('not a numeric dataset');
}

/** Values of a numeric dataset as float64: fill values are NaN, then times `scale_factor`, plus `add_offset` (CF). */
export function unpack(dataset: Dataset): Float64Array {
  const { value } = dataset;
  if (!ArrayBuffer.isView(value)) throw new TypeError('not a numeric dataset');
  const stored = value as Float64Array | BigInt64Array;
  const scale = scalar(dataset, 'scale_factor') ?? 1;
  const offset = scalar(dataset, 'add_offset') ?? 0;
  const fill = scalar(dataset, '_FillValue');
  const missing = scalar(dataset, 'missing_value');
  const out = new Float64Array(stored.length);
  for (let i = 0; i < out.length; i++) {
    const v = Number(stored[i]);
    out[i] = v === fill || v === missing ? Number.NaN : v * scale + offset;
  }
  return out;
}

function scalar(dataset: Dataset, name: string): number | undefined {
  const value = dataset.attrs[name]?.value;
  const first = ArrayBuffer.isView(value) ? (value as Float64Array | BigInt64Array)[0] : value;
  return typeof first === 'number' || typeof first === 'bigint' ? Number(first) : undefined;
}

/** Attributes in JavaScript's types: text, number, or a list of numbers. */
export function attributesOf(holder: File | Dataset): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, attribute] of Object.entries(holder.attrs)) {
    if (INTERNAL.has(name)) continue;
    const { value } = attribute;
    if (ArrayBuffer.isView(value)) {
      const list = Array.from(value as Float64Array | BigInt64Array, Number);
      out[name] = list.length === 1 ? list[0] : list;
    } else out[name] = value;
  }
  return out;
}

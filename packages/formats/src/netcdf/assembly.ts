import { open } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { CorescoreError } from '@corescore/contracts';
import type { Dataset, File } from 'h5wasm/node';
import { whyUnreadable } from './readable.js';
import { attributesOf, isText, numbers, texts, unpack } from './values.js';

/** Recordings as BrainIO stores them: one data variable over named dimensions, coordinates along each of them. */
export interface Assembly {
  dims: { name: string; size: number }[];
  /** Row-major in the order of `dims`; scale and offset applied, fill values are NaN. */
  data: Float64Array;
  /** Coordinates along one dimension: `stimulus_id` along `presentation`, `time_bin_start` along `time_bin`, ... */
  coords: Record<string, { dim: string; values: (string | number)[] }>;
  /** Coordinates that cannot be read here, and why: "is compressed with the filter zstd ...". */
  unread: Record<string, string>;
  /** Attributes of the file and, over them, of the variable. */
  attributes: Record<string, unknown>;
}

const HDF5_MAGIC = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');
const DIMENSION_ONLY = 'This is a netCDF dimension but not a netCDF variable';

/** A dataset of the file, with the names of its dimensions. */
interface Variable {
  name: string;
  dataset: Dataset;
  dims: string[];
  isDimensionOnly: boolean;
}

/**
 * Reads an assembly from a netCDF-4 file (xarray, BrainIO). `variable` names the data variable where there are several.
 * @throws CorescoreError `file_format`, naming what is missing; `file_empty`
 */
export async function readAssembly(path: string, variable?: string): Promise<Assembly> {
  await requireHdf5(path);
  // Loaded here: 5 MB of WebAssembly that most users of this package never need.
  const { default: h5wasm } = await import('h5wasm/node');
  const module = await h5wasm.ready;
  module.activate_throwing_error_handler(); // Its default is to print a trace and go on.
  let file: File;
  try {
    file = new h5wasm.File(resolve(path), 'r');
  } catch (error) {
    throw unreadable(path, 'is damaged or cut off', error);
  }
  try {
    return assemble(path, file, variable);
  } catch (error) {
    throw error instanceof CorescoreError ? error : unreadable(path, 'is damaged', error);
  } finally {
    file.close();
  }
}

async function requireHdf5(path: string): Promise<void> {
  const name = basename(path);
  const handle = await open(path, 'r');
  const head = Buffer.alloc(HDF5_MAGIC.length);
  const { bytesRead } = await handle.read(head, 0, head.length, 0).finally(() => handle.close());
  if (bytesRead === 0) throw new CorescoreError('file_empty', `${name} is empty.`, { field: name });
  if (head.equals(HDF5_MAGIC)) return;
  const classic = head.toString('latin1', 0, 3) === 'CDF';
  throw new CorescoreError('file_format', `${name} is ${classic ? 'a netCDF-3' : 'not a netCDF-4'} file.`, {
    field: name,
    remedy: classic
      ? 'Convert it: nccopy -k nc4 in.nc out.nc, or dataset.to_netcdf(path, engine="netcdf4").'
      : 'Write it with xarray: assembly.to_netcdf(path, engine="netcdf4").',
  });
}

function unreadable(path: string, why: string, cause?: unknown): CorescoreError {
  return new CorescoreError('file_format', `${basename(path)} ${why}.`, {
    field: basename(path),
    remedy: 'Fetch or write the file again; ncdump -h shows whether netCDF can read it.',
    cause,
  });
}

/** The error for a file that is whole, and holds what is not read here. */
function notReadable(path: string, variable: string, { why, remedy }: { why: string; remedy: string }): CorescoreError {
  return new CorescoreError('file_format', `The variable "${variable}" of ${basename(path)} ${why}.`, {
    field: basename(path),
    remedy,
  });
}

function assemble(path: string, file: File, wanted: string | undefined): Assembly {
  const variables = variablesOf(file);
  const chosen = choose(path, variables, wanted, coordinateNames(file, variables));
  const shape = chosen.dataset.shape ?? [];
  const cannot = whyUnreadable(chosen.dataset);
  if (cannot !== null) throw notReadable(path, chosen.name, cannot);
  const coords: Assembly['coords'] = {};
  const unread: Assembly['unread'] = {};
  for (const variable of variables) {
    if (variable === chosen || variable.isDimensionOnly) continue;
    const why = whyUnreadable(variable.dataset)?.why;
    if (why !== undefined) {
      unread[variable.name] = why;
      continue;
    }
    const coordinate = coordinateValues(variable);
    if (coordinate !== null && chosen.dims.includes(coordinate.dim)) coords[variable.name] = coordinate;
  }
  const data = unpack(chosen.dataset);
  const dims = chosen.dims.map((name, i) => ({ name, size: shape[i]! }));
  if (data.length !== dims.reduce((product, dim) => product * dim.size, 1)) throw unreadable(path, 'is damaged');
  return { dims, data, coords, unread, attributes: { ...attributesOf(file), ...attributesOf(chosen.dataset) } };
}

function variablesOf(file: File): Variable[] {
  const found: Variable[] = [];
  for (const key of file.keys()) {
    const entity = file.get(key);
    if (entity === null || !('shape' in entity)) continue; // A group, or a link that leads nowhere.
    const dataset = entity;
    const shape = dataset.shape ?? [];
    const label = dataset.attrs['NAME']?.value;
    const isScale = dataset.attrs['CLASS']?.value === 'DIMENSION_SCALE';
    const dims = shape.map((_, i) => {
      if (isScale && shape.length === 1) return key;
      return dataset.get_attached_scales(i)[0]?.split('/').at(-1) ?? `dim_${i}`;
    });
    found.push({
      name: key.replace(/^_nc4_non_coord_/, ''), // netCDF's spelling of a variable that shares a dimension's name.
      dataset,
      dims,
      isDimensionOnly: typeof label === 'string' && label.startsWith(DIMENSION_ONLY),
    });
  }
  return found;
}

/** What `coordinates` attributes name (CF conventions), and the dimensions' own variables. */
function coordinateNames(file: File, variables: readonly Variable[]): Set<string> {
  const holders = [file, ...variables.map((v) => v.dataset)];
  const listed = holders.flatMap((holder) => {
    const value = holder.attrs['coordinates']?.value;
    return typeof value === 'string' ? value.split(/\s+/) : [];
  });
  return new Set([...listed, ...variables.flatMap((v) => v.dims)]);
}

function choose(
  path: string,
  all: readonly Variable[],
  wanted: string | undefined,
  coordinates: Set<string>,
): Variable {
  const variables = all.filter((v) => !v.isDimensionOnly);
  const isNumeric = (v: Variable) => !isText(v.dataset);
  if (wanted !== undefined) {
    const named = variables.find((v) => v.name === wanted && isNumeric(v));
    if (named !== undefined) return named;
  }
  const data = variables.filter((v) => !coordinates.has(v.name) && v.dims.length > 0 && isNumeric(v));
  const arrays = data.filter((v) => v.dims.length > 1);
  const candidates = arrays.length > 0 ? arrays : data;
  if (wanted === undefined && candidates.length === 1) return candidates[0]!;
  const names = candidates.map((v) => v.name).join(', ') || 'none';
  const name = basename(path);
  if (wanted !== undefined) {
    throw new CorescoreError('file_format', `${name} has no numeric variable "${wanted}".`, {
      field: name,
      remedy: `Its data variables are: ${names}.`,
    });
  }
  throw new CorescoreError('file_format', `${name} has ${candidates.length} data variables (${names}), not one.`, {
    field: name,
    remedy:
      candidates.length > 1
        ? 'Say which variable to read.'
        : 'An assembly holds an array over presentation x neuroid x time_bin.',
  });
}

function coordinateValues(variable: Variable): { dim: string; values: (string | number)[] } | null {
  const { dataset, dims } = variable;
  const text = texts(dataset);
  if (text !== null && dims.length === 1) return { dim: dims[0]!, values: text };
  // Fixed-width text: one character a cell, the last dimension counts characters.
  if (text !== null && dims.length === 2) {
    const width = dataset.shape![1]!;
    const values = Array.from({ length: dataset.shape![0]! }, (_, i) =>
      text
        .slice(i * width, (i + 1) * width)
        .join('')
        .replace(/\0+$/, ''),
    );
    return { dim: dims[0]!, values };
  }
  if (dims.length !== 1) return null;
  return { dim: dims[0]!, values: numbers(dataset) };
}

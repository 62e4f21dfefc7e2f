import type { Dataset } from 'h5wasm/node';

/** Filters that the HDF5 library of h5wasm has inside, by their registered number. */
const FILTERS: Readonly<Record<number, string>> = {
  1: 'deflate',
  2: 'shuffle',
  3: 'fletcher32',
  4: 'szip',
  5: 'nbit',
  6: 'scaleoffset',
};

/** HDF5's type classes, as h5wasm's metadata numbers them; whole numbers, floating point, text and enumerations are read. */
const CLASSES: Readonly<Record<number, string>> = {
  2: 'time values',
  4: 'bit fields',
  5: 'opaque bytes',
  6: 'compound values, such as complex numbers',
  7: 'references',
  9: 'lists of variable length',
  10: 'arrays in each cell',
};
const FLOAT_CLASS = 1;

/**
 * Why the values of a dataset cannot be read here, as the end of a sentence, and what to do; null where they can. To be
 * asked before reading: without its filter, the library may hand out compressed bytes as if they were the values.
 */
export function whyUnreadable({ filters, metadata }: Pick<Dataset, 'filters' | 'metadata'>): {
  why: string;
  remedy: string;
} | null {
  const filter = filters.find(({ id }) => !(id in FILTERS));
  if (filter !== undefined) {
    const read = Object.values(FILTERS).join(', ');
    return {
      why: `is compressed with the filter ${filter.name || 'without a name'} (HDF5 filter ${filter.id}); ${read} are read`,
      remedy:
        'Write it again with gzip: in Python assembly.to_netcdf(path, engine="netcdf4", encoding={assembly.name: {"zlib": True}}), or h5repack -f GZIP=4 in.nc out.nc.',
    };
  }
  const { type, size } = metadata;
  if (type in CLASSES || (metadata.vlen === true && type !== STRING_CLASS)) {
    return { why: `holds ${CLASSES[type] ?? 'lists of variable length'}`, remedy: ASTYPE };
  }
  if (type === FLOAT_CLASS && size !== 4 && size !== 8) return { why: `holds float${8 * size}`, remedy: ASTYPE };
  return null;
}

/** HDF5's class of texts. */
export const STRING_CLASS = 3;

const ASTYPE = 'Write it as float32 or float64: assembly.astype("float32").to_netcdf(path, engine="netcdf4").';

import { CorescoreError } from '@corescore/contracts';
import { type Assembly, readAssembly } from '@corescore/formats';
import type { TimeWindow } from '@corescore/metrics';

/** The simulated IT population of core-objects, images sorted by stimulus id. */
export interface SimulatedIt {
  stimulusIds: string[];
  thresholds: Float64Array;
  plantedMs: Float64Array;
  bins: TimeWindow[];
  draws: number;
  sites: number;
  /** Responses of one draw, [bin][image][site]. */
  draw(index: number): Float32Array;
}

function coordinate(assembly: Assembly, name: string): (string | number)[] {
  const found = assembly.coords[name];
  if (found === undefined) {
    throw new CorescoreError('file_format', `The target assembly has no coordinate "${name}".`, { field: name });
  }
  return found.values;
}

/** Reads `target.nc`: presentation (draws x images) x neuroid x time_bin, the same image order in every draw. */
export async function readSimulatedIt(path: string): Promise<SimulatedIt> {
  const assembly = await readAssembly(path);
  const size = (dim: string): number => assembly.dims.find((d) => d.name === dim)?.size ?? 0;
  const ids = coordinate(assembly, 'stimulus_id').map(String);
  const images = new Set(ids).size;
  const sites = size('neuroid');
  const starts = coordinate(assembly, 'time_bin_start').map(Number);
  const ends = coordinate(assembly, 'time_bin_end').map(Number);
  const bins = starts.map((startMs, b) => ({ startMs, endMs: ends[b] }));
  if (assembly.dims.map((d) => d.name).join() !== 'presentation,neuroid,time_bin') {
    throw new CorescoreError(
      'file_format',
      `The target has dimensions ${assembly.dims.map((d) => d.name).join(', ')}.`,
      {
        remedy: 'Store it as presentation x neuroid x time_bin.',
      },
    );
  }
  const order = Array.from({ length: images }, (_, i) => i).sort((a, b) => (ids[a] < ids[b] ? -1 : 1));
  const perImage = (name: string): Float64Array => {
    const values = coordinate(assembly, name);
    return Float64Array.from(order, (i) => Number(values[i]));
  };
  return {
    stimulusIds: order.map((i) => ids[i]),
    thresholds: perImage('i1'),
    plantedMs: perImage('tau_ms'),
    bins,
    draws: ids.length / images,
    sites,
    draw(index) {
      const out = new Float32Array(bins.length * images * sites);
      for (let b = 0; b < bins.length; b++) {
        for (let i = 0; i < images; i++) {
          const from = (index * images + order[i]) * sites * bins.length + b;
          const to = (b * images + i) * sites;
          for (let s = 0; s < sites; s++) out[to + s] = assembly.data[from + s * bins.length];
        }
      }
      return out;
    },
  };
}

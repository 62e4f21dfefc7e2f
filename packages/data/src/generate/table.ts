import type { GeneratedImage } from './render.js';

/** One row an image, by the names of BrainIO's stimulus sets; lengths are fractions of the side, angles rad. */
export function tableRow(image: GeneratedImage): Record<string, string | number> {
  const { gain, load, ...rest } = image.parameters;
  const row: Record<string, string | number> = {
    stimulus_id: image.id,
    filename: `${image.id}.png`,
    object_index: image.objectIndex,
    object_name: image.object,
    image_label: image.object,
    band: image.band,
    load,
    gain,
    source: image.source,
    exemplar: image.design,
    photograph: image.photograph,
    mixed: Number(image.mixed),
  };
  for (const [name, value] of Object.entries(rest)) row[snakeCase(name)] = Number(value);
  return row;
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** No value holds a comma, a quote or a line break. */
export const csvLine = (cells: readonly (string | number)[]) => `${cells.join(',')}\n`;

import { describe, expect, it } from 'vitest';
import { ZOO } from '../src/models/index.js';
import { Network } from '../src/network/network.js';
import { elementsOf } from '../src/parameters/specs.js';
import { HOUSE_ROWS as ALL_ROWS } from './support/golden.js';
import { partsOf, sorted } from './support/parts.js';

const HOUSE_ROWS = ALL_ROWS.filter(({ id }) => ZOO.has(id));
const STEPS_IN_TABLE = 8;

describe('house configuration', () => {
  it.each(HOUSE_ROWS.map((row) => [row.id, row] as const))('%s has the tensors of the table, one by one', (id, row) => {
    const network = Network.of({ model: id });
    expect(network.architecture.areas.map(({ width }) => width)).toEqual(row.widths);
    expect(
      partsOf(
        id,
        network.parameters.map(({ name, shape }) => [name, elementsOf(shape)]),
      ),
    ).toEqual(sorted(row.parts));
    expect(network.parameterCount).toBe(row.parameters);
  });

  it.each(HOUSE_ROWS.map((row) => [row.id, row] as const))('%s costs the multiply-adds of the table', (id, row) => {
    const { firstStep, architecture } = Network.of({ model: id });
    const steps = architecture.unrolling === 'once' ? {} : { steps: STEPS_IN_TABLE - firstStep };
    expect(Network.of({ model: id, ...steps }).multiplyAdds).toBe(row.multiplyAdds);
  });
});

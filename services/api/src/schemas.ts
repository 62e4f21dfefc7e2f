import { BenchmarkRef, Slug, Uuid } from '@corescore/contracts';
import Type from 'typebox';

const closed = { additionalProperties: false } as const;

export const ModelParams = Type.Object({ owner: Slug, name: Slug });
export const IdParams = Type.Object({ id: Uuid });
export const BenchmarkParams = Type.Object({ id: BenchmarkRef });

export const PageQuery = Type.Object(
  {
    cursor: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: '`nextCursor` of the page before; absent: the first' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: 'items of a page; 50 unless told' })),
  },
  closed,
);
export const PAGE_SIZE = 50;

const Format = Type.Optional(Type.Enum(['json', 'csv'], { description: 'json unless told' }));
export const FormatQuery = Type.Object({ format: Format }, closed);
export const BoardQuery = Type.Object({ benchmark: BenchmarkRef, format: Format }, closed);

/** A body that is JSON, or the same as a table where `?format=csv` asks for it. */
export const jsonOrCsv = <T extends Type.TSchema>(schema: T) => ({
  description: 'JSON, or comma-separated values with `?format=csv`',
  content: { 'application/json': { schema }, 'text/csv': { schema: Type.String() } },
});

export const bearer = [{ token: [] }];

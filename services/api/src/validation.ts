import { isUtf8 } from 'node:buffer';
import { CorescoreError, unfitIn } from '@corescore/contracts';
import type { FastifyRequest, FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { App } from './context.js';

/** A whole number as addresses and headers write it: nothing else means one, not `true`, `1e2`, `0x10` or a blank. */
const WHOLE = /^(0|[1-9][0-9]{0,15})$/;

/**
 * Checks a part of a request as it was sent. Addresses and headers are text, so where the schema asks for a whole number
 * its digits become one; nothing else is made into what it is not, and a body is taken as it is.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = Compile(schema);
  const { properties = {} } = schema as { properties?: Record<string, { type?: unknown }> };
  const whole =
    httpPart === 'body' ? [] : Object.keys(properties).filter((name) => properties[name]?.type === 'integer');
  return (given: unknown) => {
    const value = whole.length === 0 ? given : withNumbers(given as Record<string, unknown>, whole);
    return check.Check(value) ? { value } : { error: check.Errors(value) as never };
  };
};

function withNumbers(given: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  const value = { ...given };
  for (const name of names) {
    const text = value[name];
    if (typeof text === 'string' && WHOLE.test(text)) value[name] = Number(text);
  }
  return value;
}

/** Texts are refused that would be kept as something else than was sent: bytes that are no UTF-8, NUL, half a pair. */
export function refuseUnfit(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (!isUtf8(body)) {
      done(
        new CorescoreError('invalid_request', 'The body is not UTF-8.', {
          field: '/',
          remedy: 'Send JSON in UTF-8, without a character set of another name.',
        }),
        undefined,
      );
      return;
    }
    parse(request, body.toString('utf8'), done);
  });
  app.addHook('preValidation', async (request) => {
    for (const [part, value] of partsOf(request)) {
      const unfit = unfitIn(value);
      if (unfit === null) continue;
      const field = `${part}${unfit.pointer}`;
      throw new CorescoreError('invalid_request', `${field || 'The body'} ${unfit.what}.`, {
        field: field || '/',
        remedy: unfit.remedy,
      });
    }
  });
}

/** What was parsed of a request. The body of an upload is a stream, and checked where it is read. */
function partsOf(request: FastifyRequest): [name: string, value: unknown][] {
  const parts: [string, unknown][] = [
    ['path', request.params],
    ['query', request.query],
  ];
  const { body } = request;
  const isJson =
    typeof body === 'string' || Array.isArray(body) || Object.getPrototypeOf(body ?? '') === Object.prototype;
  return isJson ? [['', body], ...parts] : parts;
}

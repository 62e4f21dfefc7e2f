import { allows, CorescoreError, type Scope } from '@corescore/contracts';
import type { Env } from '@corescore/contracts/env';
import type { Store } from '@corescore/store';
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { App } from './context.js';
import { countGuesses } from './limits.js';

/** Who asks: the owner of the token and what it allows. */
export interface Identity {
  tokenId: string;
  owner: string;
  scopes: readonly Scope[];
}

declare module 'fastify' {
  interface FastifyRequest {
    /** null for an anonymous request. */
    identity: Identity | null;
  }
}

/** Owner of the bundled models and reference rows. */
const RESERVED_OWNER = 'corescore';
const TOKEN_REMEDY =
  'Send "Authorization: Bearer <token>"; the local token is in the file "token" of the service\'s home folder.';

/** Reads the bearer token of each request. A wrong token is refused even where none is needed: it is a mistake. */
export function authentication(app: App, store: Store, env: Env): void {
  const guesses = countGuesses(store, env);
  app.decorateRequest('identity', null);
  app.addHook('onRequest', async (request) => {
    const header = request.headers.authorization;
    if (header === undefined || !request.url.startsWith('/v1/')) return;
    await guesses.refuseMore(request.ip);
    const secret = /^Bearer +([^\s]+) *$/i.exec(header)?.[1];
    const token = secret === undefined ? null : await store.tokens.verify(secret);
    if (token === null) {
      await guesses.count(request.ip);
      throw new CorescoreError('token_invalid', 'The token is not known here, or has been revoked.', {
        field: 'header/authorization',
        remedy: TOKEN_REMEDY,
      });
    }
    request.identity = { tokenId: token.id, owner: token.owner, scopes: token.scopes };
  });
}

/** Hook of a route that needs a scope; runs before the body is read. */
export function requireScope(scope: Scope): onRequestAsyncHookHandler {
  return async (request) => {
    const { scopes } = identityOf(request);
    if (!allows(scopes, scope)) {
      throw new CorescoreError('scope_missing', `The token allows ${scopes.join(', ')}; this needs ${scope}.`, {
        field: 'header/authorization',
        remedy: `Use a token with the scope ${scope}: corescore token create --scope ${scope}.`,
      });
    }
  };
}

/** @throws CorescoreError `token_missing` for an anonymous request */
export function identityOf(request: FastifyRequest): Identity {
  if (request.identity === null) {
    throw new CorescoreError('token_missing', 'Writing needs a token.', {
      field: 'header/authorization',
      remedy: TOKEN_REMEDY,
    });
  }
  return request.identity;
}

/** @throws CorescoreError unless the token may write under this owner's name */
export function requireOwner(identity: Identity, owner: string, field: string): void {
  if (allows(identity.scopes, 'admin')) return;
  if (owner === RESERVED_OWNER) {
    throw new CorescoreError('owner_reserved', `The owner name ${RESERVED_OWNER} is kept for the bundled models.`, {
      field,
      remedy: `Use your own owner name, ${identity.owner}.`,
    });
  }
  if (owner !== identity.owner) {
    throw new CorescoreError('scope_missing', `The token belongs to ${identity.owner}, not to ${owner}.`, {
      field,
      remedy: `Use ${identity.owner} as the owner, or a token of ${owner}.`,
    });
  }
}

import Type, { type Static } from 'typebox';
import { Timestamp, Uuid } from './ids.js';

export const SCOPES = ['read', 'submit', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];
export const Scope = Type.Enum([...SCOPES]);

export const TokenView = Type.Object({
  id: Uuid,
  name: Type.String(),
  owner: Type.String(),
  scopes: Type.Array(Scope),
  createdAt: Timestamp,
  expiresAt: Type.Union([Timestamp, Type.Null()], { description: 'from then on it is refused; null: never' }),
  lastUsedAt: Type.Union([Timestamp, Type.Null()]),
  revokedAt: Type.Union([Timestamp, Type.Null()]),
});
export type TokenView = Static<typeof TokenView>;

/** Scopes include what stands below them: admin > submit > read. */
export function allows(scopes: readonly Scope[], needed: Scope): boolean {
  return scopes.includes('admin') || scopes.includes(needed) || (needed === 'read' && scopes.includes('submit'));
}

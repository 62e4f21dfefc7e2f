import { describe, expect, test } from 'vitest';
import { modelVersionDigest } from '../src/index.js';
import { activations } from './support/manifests.js';

describe('identity of a model version', () => {
  const files = [
    { path: 'b.npy', digest: '1'.repeat(64) },
    { path: 'a.npy', digest: '2'.repeat(64) },
  ];
  test('the order of files and of keys does not matter, everything else does', () => {
    const digest = modelVersionDigest(activations, files);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    const turned = Object.fromEntries(Object.entries(activations).reverse()) as typeof activations;
    expect(modelVersionDigest(turned, [...files].reverse())).toBe(digest);
    expect(modelVersionDigest({ ...activations, description: 'x' }, files)).not.toBe(digest);
    expect(modelVersionDigest(activations, files.slice(1))).not.toBe(digest);
    expect(modelVersionDigest(activations, [files[0], { ...files[1], digest: '3'.repeat(64) }])).not.toBe(digest);
  });
});

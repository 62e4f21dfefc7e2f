import { expect, test } from 'vitest';
import { cosSin } from '../src/generate/arithmetic.js';
import { Random } from '../src/generate/random.js';

test('the stream of a key is frozen, and another key has another stream', () => {
  const first = (...key: (string | number)[]) => {
    const random = new Random(...key);
    return [random.next(), random.next(), random.next()];
  };
  expect(first(1, 'train', 1, 0, 0, 'noise')).toEqual(FIRST);
  expect(first(1, 'train', 1, 0, 1, 'noise')).not.toEqual(FIRST);
  expect(first(1, 'train', 1, 1, 0, 'noise')).not.toEqual(FIRST);
});
const FIRST = [2398903604, 2336126863, 1120663415];

test('uniform numbers fill their range evenly, close keys are unrelated', () => {
  const first = Array.from({ length: 4000 }, (_, index) => new Random('key', index).between(0, 1));
  const mean = first.reduce((sum, v) => sum + v, 0) / first.length;
  // Standard error .0046.
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
  let product = 0;
  for (let i = 1; i < first.length; i++) product += (first[i] - 0.5) * (first[i - 1] - 0.5) * 12;
  // Correlation of neighbours, standard error .016.
  expect(Math.abs(product / (first.length - 1))).toBeLessThan(0.06);
});

test('normal numbers have mean 0 and standard deviation 1', () => {
  const random = new Random('normal');
  const values = Array.from({ length: 20_000 }, () => random.normal());
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(variance - 1)).toBeLessThan(0.04);
});

test('cosine and sine by + - x agree with Math to 1e-9 over two turns each way', () => {
  for (let angle = -12.6; angle < 12.6; angle += 0.037) {
    const [cos, sin] = cosSin(angle);
    expect(Math.abs(cos - Math.cos(angle))).toBeLessThan(1e-9);
    expect(Math.abs(sin - Math.sin(angle))).toBeLessThan(1e-9);
  }
});

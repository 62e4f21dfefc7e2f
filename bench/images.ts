/** `npm run bench -- images`: images a second of one core, by size. Half of a second's images are of the hardest band. */
import { createRenderer, loadAtlas } from '@corescore/data';

const atlas = await loadAtlas();
for (const [size, count] of [
  [64, 1000],
  [128, 250],
  [224, 100],
] as const) {
  const render = createRenderer(atlas, 1, size);
  for (let i = 0; i < count / 5; i++) render('benchmark', i);
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) render('benchmark', i);
  const { user, system } = process.cpuUsage(before);
  console.log(`${size} px: ${Math.round((count * 1e6) / (user + system))} images a second of processor time`);
}

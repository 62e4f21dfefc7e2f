import { configDefaults, defineConfig } from 'vitest/config';

// Two cores: more workers than that make every database and browser test slower than it is alone.
const common = { pool: 'forks', testTimeout: 60_000, hookTimeout: 120_000 } as const;

const PURE = 'packages/{contracts,data,formats,linalg,metrics,onnx,stimuli}/test/**/*.test.ts';

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...common,
          name: 'packages',
          include: ['packages/*/test/**/*.test.ts', 'services/{worker,leaderboard}/test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, 'packages/store/**', PURE],
        },
      },
      // Their modules hold no state: loading them once a process takes half of the time.
      { test: { ...common, name: 'pure', include: [PURE], isolate: false } },
      // One Postgres for all of them, a fresh database a file.
      {
        test: {
          ...common,
          name: 'database',
          include: ['packages/store/test/**/*.test.ts', 'services/api/test/**/*.test.ts'],
          globalSetup: ['packages/store/test/support/global-setup.ts'],
        },
      },
      // Two services for all of them, one whose board is being filled while the other projects run: projects run in the
      // order of their names.
      {
        test: {
          ...common,
          name: 'services',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/live-server.ts', 'test/support/bare-server.ts'],
        },
      },
    ],
  },
});

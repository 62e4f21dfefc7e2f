const part = encodeURIComponent;

/** The REST calls of the page, in one place. */
export const paths = {
  benchmarks: '/v1/benchmarks',
  queues: '/v1/queues',
  leaderboard: (ref: string) => `/v1/leaderboard?benchmark=${part(ref)}`,
  leaderboardCsv: (ref: string) => `/v1/leaderboard?benchmark=${part(ref)}&format=csv`,
  run: (id: string) => `/v1/runs/${part(id)}`,
  runEvents: (id: string) => `/v1/runs/${part(id)}/events`,
  cancel: (id: string) => `/v1/runs/${part(id)}/cancel`,
  retry: (id: string) => `/v1/runs/${part(id)}/retry`,
  series: (id: string) => `/v1/runs/${part(id)}/series`,
  images: (id: string) => `/v1/runs/${part(id)}/images`,
  imagesCsv: (id: string) => `/v1/runs/${part(id)}/images?format=csv`,
  receipt: (id: string) => `/v1/runs/${part(id)}/receipt`,
  model: (owner: string, name: string) => `/v1/models/${part(owner)}/${part(name)}`,
};

/** Addresses of the page's own views. */
export const views = {
  board: (benchmark?: string) => (benchmark === undefined ? '/' : `/?benchmark=${part(benchmark)}`),
  run: (id: string) => `/runs/${part(id)}`,
  model: (owner: string, name: string) => `/models/${part(owner)}/${part(name)}`,
};

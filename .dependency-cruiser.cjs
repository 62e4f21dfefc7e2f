// Direction of imports: DESIGN's one diagram, as rules. A package may import only what stands in its line.
const ALLOWED = {
  'packages/contracts': [],
  'packages/linalg': ['onnx'],
  'packages/onnx': ['contracts'],
  'packages/zoo': ['contracts', 'onnx'],
  'packages/formats': ['contracts', 'onnx'],
  'packages/metrics': ['contracts', 'linalg'],
  'packages/stimuli': ['contracts', 'formats'],
  'packages/data': ['contracts', 'formats'],
  'packages/runtime': ['contracts', 'onnx', 'formats', 'stimuli'],
  'packages/benchmarks': ['contracts', 'linalg', 'metrics', 'onnx', 'formats', 'stimuli', 'runtime'],
  'packages/store': ['contracts'],
  'packages/client': ['contracts'],
  // The engine is loaded only by commands that need it (the rule below); `serve` alone touches the store, for the
  // embedded database.
  'packages/cli': [
    'contracts',
    'client',
    'benchmarks',
    'runtime',
    'stimuli',
    'data',
    'zoo',
    'onnx',
    'formats',
    'metrics',
    'linalg',
    'store',
  ],
  'services/api': ['contracts', 'store', 'formats'],
  'services/worker': ['contracts', 'store', 'benchmarks', 'runtime', 'stimuli', 'formats'],
  'services/leaderboard': ['contracts', 'client'],
};

const inward = Object.entries(ALLOWED).map(([from, to]) => ({
  name: `direction-${from.split('/')[1]}`,
  comment: `${from} may import only ${to.length === 0 ? 'nothing of ours' : to.join(', ')}`,
  severity: 'error',
  from: { path: `^${from}/src` },
  to: { path: '^(packages|services)/', pathNot: [`^${from}/`, ...to.map((name) => `^packages/${name}/`)] },
}));

/** Libraries with one owner. */
const owners = [
  ['sql-and-redis', '^packages/store/', '(^|/)node_modules/(pg|ioredis|bullmq)/'],
  [
    'engines',
    '^packages/(runtime|linalg|zoo)/',
    '(^|/)node_modules/(onnxruntime-node|onnxruntime-common|@tensorflow)/',
  ],
].map(([name, owner, library]) => ({
  name: `only-owner-${name}`,
  severity: 'error',
  from: { path: '^(packages|services)/[^/]+/src', pathNot: owner },
  to: { path: library },
}));

module.exports = {
  forbidden: [
    ...inward,
    ...owners,
    {
      name: 'thin-client',
      comment: 'submit in somebody’s CI stays a thin client: engine packages are reached by dynamic import only',
      severity: 'error',
      from: { path: '^packages/cli/src' },
      to: {
        path: '^packages/(benchmarks|runtime|stimuli|data|zoo|onnx|formats|metrics|linalg|store)/',
        dependencyTypesNot: ['dynamic-import', 'type-only'],
      },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'resolvable',
      severity: 'error',
      from: { path: '^(packages|services)/[^/]+/src' },
      to: { couldNotResolve: true },
    },
    {
      name: 'declared',
      comment: 'a package imports only what its own package.json names',
      severity: 'error',
      from: { path: '^(packages|services)/[^/]+/src' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'no-tests-in-source', severity: 'error', from: { path: '/src/' }, to: { path: '/test/' } },
  ],
  options: {
    // Our packages resolve to each other's built files: an arrow ends there.
    doNotFollow: { path: ['node_modules', '/dist/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.d.ts'],
    },
  },
};

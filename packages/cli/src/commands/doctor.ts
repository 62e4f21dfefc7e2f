import type { Env } from '@corescore/contracts/env';
import { type Command, Option } from 'commander';
import { settings } from '../context.js';
import { examine } from '../doctor/examine.js';
import { verifyHome } from '../doctor/verify.js';
import { Exit } from '../failure.js';
import { auditText } from '../format/audit.js';
import { examinationText, stepText } from '../format/examination.js';
import { bar, LiveLines } from '../format/progress.js';
import { formatBytes } from '../format/words.js';
import { type Io, styles } from '../io.js';
import { formatOption } from '../options.js';

interface DoctorFlags {
  verify?: boolean;
  setupTfjs?: boolean;
  libtensorflow?: string;
  python: string;
  gpu?: boolean;
  to?: string;
  format: string;
}

const NOTES = `
Opens every engine on every provider, each in a process of its own and in the sandbox of a model, and looks at the
database and the queue. What is missing stands at the end, with what to do.

--setup-tfjs builds the native binding of TensorFlow.js, from the sources in its npm package, against a TensorFlow of
this machine: that of the Python package tensorflow, or one named with --libtensorflow. It needs npm and a C++ compiler
(CXX names another). It goes to tfjs-native in CORESCORE_HOME. Again: what is built and works is left as it is.

--verify reads all stored files and all that was computed from them, and holds them against the database: what is
missing, damaged, or needed by nobody, with its size and what to do. It changes nothing, and works while the service runs
as well as while it does not.

Exit code: 0 the service can run and score models here, 10 it cannot, or the binding could not be built; with --verify
0 all that was uploaded is there and whole, 4 some of it is not, 10 there is nothing to look at.

Examples:
  corescore doctor
  corescore doctor --verify --format json > files.json
  corescore doctor --setup-tfjs --python venv/bin/python
  corescore doctor --setup-tfjs --libtensorflow /opt/libtensorflow --gpu`;

export function doctorCommand(program: Command, io: Io): void {
  program
    .command('doctor')
    .description('what corescore finds on this machine, and what is missing')
    .addOption(new Option('--verify', 'look at every stored file instead').conflicts('setupTfjs'))
    .addOption(new Option('--setup-tfjs', 'build the native binding of TensorFlow.js'))
    .option('--libtensorflow <folder>', 'folder of TensorFlow’s C library: lib and include')
    .option('--python <program>', 'Python whose package tensorflow is looked for', 'python3')
    .option('--gpu', 'the binding must run on a graphics card')
    .option('--to <folder>', 'where the binding goes; set CORESCORE_TFJS_NATIVE to it then')
    .addOption(formatOption('human', 'json'))
    .addHelpText('after', NOTES)
    .action(async (flags: DoctorFlags) => {
      const env = settings(io);
      if (flags.setupTfjs === true) return setUp(io, flags);
      if (flags.verify === true) return verify(io, env, flags.format);
      const found = await examine(env, io.cwd, io.env);
      if (flags.format === 'json') io.stdout(`${JSON.stringify(found, null, 2)}\n`);
      else io.stderr(examinationText(found, styles(io)));
      if (!found.ok) throw new Exit('configuration');
    });
}

async function verify(io: Io, env: Env, format: string): Promise<void> {
  const lines = new LiveLines(io);
  const report = await verifyHome(env, (done, total) => {
    const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
    const text = `Verifying ${bar(done, total)} ${percent} %  ${formatBytes(done)} of ${formatBytes(total)}`;
    // Off a terminal: a line each quarter.
    lines.set('verify', text, String(Math.floor(percent / 25)));
  });
  lines.finish();
  if (format === 'json') io.stdout(`${JSON.stringify({ home: env.home, ...report }, null, 2)}\n`);
  else io.stderr(auditText(report, env.home, styles(io)));
  if (!report.ok) throw new Exit('serviceFailed');
}

async function setUp(io: Io, { libtensorflow, python, gpu = false, to, format }: DoctorFlags): Promise<void> {
  const { nativeFolder, setUpNative } = await import('@corescore/runtime');
  const folder = nativeFolder(to === undefined ? io.env : { CORESCORE_TFJS_NATIVE: to }, io.cwd);
  const compiler = io.env['CXX'] || 'c++';
  const options = { folder, python, gpu, compiler, ...(libtensorflow === undefined ? {} : { libtensorflow }) };
  const steps: unknown[] = [];
  const binding = await setUpNative(options, (step) => {
    steps.push(step);
    if (format === 'human') io.stderr(stepText(step, styles(io)));
  });
  if (format === 'json') io.stdout(`${JSON.stringify({ ok: binding !== null, folder, steps, binding }, null, 2)}\n`);
  if (binding === null) throw new Exit('configuration');
  if (format !== 'human') return;
  io.stderr(`\nTensorFlow.js models run on native TensorFlow ${binding.tensorflow} now.\n`);
  if (to !== undefined) io.stderr(`Set CORESCORE_TFJS_NATIVE=${folder} for the service and the commands.\n`);
}

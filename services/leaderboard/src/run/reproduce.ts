import { MODEL_FILE, type ModelVersionView } from '@corescore/contracts';

/** The command that gives the same numbers without a server; null for a row that was not made from files. */
export function reproduceCommand(version: ModelVersionView | undefined, benchmark: string): string | null {
  if (version === undefined || version.files.length === 0) return null;
  if (version.kind === 'onnx' || version.kind === 'tfjs') {
    return `npx corescore run --local ${MODEL_FILE[version.kind]} --manifest corescore.json --benchmark ${benchmark}`;
  }
  // The manifest names the arrays; the command looks for them beside it.
  if (version.kind === 'activations') {
    return `npx corescore run --local --manifest corescore.json --benchmark ${benchmark}`;
  }
  return null;
}

import type { Manifest, ModelVersionView } from '@corescore/contracts';
import type { ReactNode } from 'react';
import { clockSentence, inputSentence, kindWords } from '../format/manifest.js';
import { formatBytes, formatCount } from '../format/numbers.js';
import { formatDateTime } from '../format/time.js';
import { type Fact, FactList } from '../ui/fact-list.js';

const SUBMITTED: readonly string[] = ['onnx', 'tfjs', 'activations'] satisfies Manifest['kind'][];

/** Rows that the service makes itself have a manifest of their own shape: only what a submission has is read. */
const submitted = (version: ModelVersionView): Manifest | null =>
  SUBMITTED.includes(version.kind) ? (version.manifest as Manifest) : null;

function factsOf(version: ModelVersionView): Fact[] {
  const manifest = submitted(version);
  return [
    { term: 'Kind', value: kindWords(version.kind) },
    { term: 'Parameters', value: version.parameters === null ? null : formatCount(version.parameters) },
    { term: 'Clock', value: manifest && clockSentence(manifest.clock) },
    { term: 'Input', value: manifest && inputSentence(manifest) },
    { term: 'Regions', value: manifest && Object.keys(manifest.regions).join(', ') },
    { term: 'Family', value: manifest?.family ?? null },
    { term: 'Licence', value: manifest?.licence ?? null },
    { term: 'Reference', value: manifest?.reference ?? null },
    { term: 'Registered', value: formatDateTime(version.createdAt) },
    { term: 'Digest', value: <code className="digest">{version.digest}</code> },
    {
      term: 'Files',
      value:
        version.files.length === 0
          ? null
          : version.files.map((file) => `${file.path} (${formatBytes(file.bytes)})`).join(', '),
    },
  ];
}

/** What the submitter declared and what was uploaded, newest version first. */
export function ModelVersions({ versions }: { versions: readonly ModelVersionView[] }): ReactNode {
  return (
    <section aria-labelledby="versions-title">
      <h2 id="versions-title">{versions.length === 1 ? 'The model' : 'Versions'}</h2>
      {versions.map((version, i) => (
        <details key={version.digest} open={i === 0} className="version">
          <summary>
            Version <code>{version.digest.slice(0, 12)}</code>
            {i === 0 && versions.length > 1 && ' (newest)'}
          </summary>
          <FactList facts={factsOf(version)} />
        </details>
      ))}
    </section>
  );
}

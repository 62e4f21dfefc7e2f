export interface Part {
  name: string;
  /** A part with a filename is a file, one without is a field. */
  filename?: string;
  type?: string;
  content: Buffer | string;
}

const BOUNDARY = 'corescore-test-boundary';

/** A multipart/form-data body and its content type. */
export function multipart(parts: readonly Part[]): { payload: Buffer; headers: Record<string, string> } {
  const chunks = parts.flatMap(({ name, filename, type, content }) => [
    Buffer.from(
      `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"` +
        `${filename === undefined ? '' : `; filename="${filename}"`}\r\n` +
        `${type === undefined ? '' : `content-type: ${type}\r\n`}\r\n`,
    ),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
  return {
    payload: Buffer.concat([...chunks, Buffer.from(`--${BOUNDARY}--\r\n`)]),
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
  };
}

export const manifestPart = (manifest: unknown): Part => ({
  name: 'manifest',
  filename: 'corescore.json',
  type: 'application/json',
  content: typeof manifest === 'string' ? manifest : JSON.stringify(manifest),
});

export const filePart = (filename: string, content: Buffer | string): Part => ({
  name: 'file',
  filename,
  type: 'application/octet-stream',
  content,
});

import { readFileSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as { version: string };

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  define: { __VERSION__: JSON.stringify(version) },
  // Built files carry a hash in their name, so the service may let browsers keep them for good.
  build: { outDir: 'dist', target: 'es2022' },
  server: { proxy: { '/v1': 'http://127.0.0.1:4870' } },
});

import type { Io } from '../io.js';

/**
 * Lines that change: drawn in place on a terminal, else one line of text whenever `key` changes (a stage, a quarter
 * of an upload), so that the log of a CI job stays short.
 */
export class LiveLines {
  private readonly lines = new Map<string, { text: string; key: string }>();
  private drawn = 0;

  constructor(private readonly io: Io) {}

  set(name: string, text: string, key: string): void {
    const before = this.lines.get(name);
    this.lines.set(name, { text, key });
    if (this.io.isTerminal) this.draw();
    else if (before?.key !== key) this.io.stderr(`${text}\n`);
  }

  /** Leaves what is drawn and starts anew below it. */
  finish(): void {
    this.drawn = 0;
    this.lines.clear();
  }

  private draw(): void {
    const up = this.drawn > 0 ? `\u001b[${this.drawn}A` : '';
    const width = Math.max(20, this.io.columns - 1);
    const body = [...this.lines.values()].map(({ text }) => `\u001b[2K${[...text].slice(0, width).join('')}\n`);
    this.io.stderr(up + body.join(''));
    this.drawn = body.length;
  }
}

/** `━━━━━━────` of `width` characters. */
export function bar(done: number, total: number, width = 24): string {
  const share = total <= 0 ? 0 : Math.min(1, Math.max(0, done / total));
  const full = Math.round(share * width);
  return '━'.repeat(full) + '─'.repeat(width - full);
}

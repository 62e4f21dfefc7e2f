const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** `0.4 s`, `12 s`, `3 min 05 s`, `1 h 02 min`. */
export function formatDuration(ms: number): string {
  const clamped = Math.max(0, ms);
  if (clamped < 9950) return `${(clamped / 1000).toFixed(1)} s`;
  if (clamped < MINUTE - 500) return `${Math.round(clamped / 1000)} s`;
  const seconds = Math.round(clamped / 1000);
  if (clamped < HOUR) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' });

export const formatDate = (iso: string): string => DATE.format(new Date(iso));
/** `24 November 2026, 20:30 UTC` */
export const formatDateTime = (iso: string): string => `${formatDate(iso)}, ${CLOCK.format(new Date(iso))} UTC`;

/**
 * Time left in a stage, ms, at the pace so far; null while that would be a guess (nothing done yet, or less than a
 * second of evidence).
 */
export function remainingMs(done: number, total: number, elapsedMs: number): number | null {
  if (!(done > 0) || !(total > 0) || elapsedMs < 1000) return null;
  return done >= total ? 0 : (elapsedMs / done) * (total - done);
}

/** A remaining time is an estimate and is said like one: `about 20 s left`. */
export function formatRemaining(ms: number | null): string {
  if (ms === null) return 'estimating the time left';
  if (ms === 0) return 'almost done';
  if (ms < 10_000) return 'a few seconds left';
  if (ms < 90_000) return `about ${Math.round(ms / 10_000) * 10} s left`;
  if (ms < 90 * MINUTE) return `about ${Math.round(ms / MINUTE)} min left`;
  return `about ${Math.round(ms / HOUR)} h left`;
}

/** What cannot be kept as it was sent, within a value that was parsed from JSON or an address. */
export interface Unfit {
  /** JSON pointer to the text or the member. */
  pointer: string;
  /** Continues "... ": "holds a NUL character". */
  what: string;
  remedy: string;
}

/** Deeper than any manifest or request: what walks a value by recursion has room for it. */
const DEEPEST = 64;
const NUL = '\0';
/** In Unicode mode a pair is one character, so this finds what is alone. */
const LONE_SURROGATE = /[\ud800-\udfff]/u;

/** The part of the rule that a JSON schema can say everywhere; `unfitIn` is the rule. */
export const NO_NUL = '^[^\\u0000]*$';

interface Place {
  value: unknown;
  key: string;
  parent: Place | null;
  depth: number;
}

/**
 * The first thing found in a value that a database or a digest would keep as something else than was sent: a NUL, which
 * is no text to Postgres; half of a surrogate pair, which is no text in UTF-8; nesting that no reader can walk. Names of
 * members count. Null where all of it can be kept.
 */
export function unfitIn(value: unknown): Unfit | null {
  // No recursion: the value may be nested deeper than the stack.
  const todo: Place[] = [{ value, key: '', parent: null, depth: 0 }];
  for (let place = todo.pop(); place !== undefined; place = todo.pop()) {
    if (typeof place.value === 'string') {
      const what = faultOf(place.value);
      if (what !== null) return { pointer: pointerTo(place), what: `holds ${what}`, remedy: `Remove ${what}.` };
      continue;
    }
    if (typeof place.value !== 'object' || place.value === null) continue;
    if (place.depth === DEEPEST) {
      const remedy = `Nest objects and lists ${DEEPEST} deep at most.`;
      return { pointer: pointerTo(place), what: `is nested more than ${DEEPEST} deep`, remedy };
    }
    for (const [key, member] of Object.entries(place.value)) {
      const what = faultOf(key);
      if (what !== null) {
        return { pointer: pointerTo(place), what: `has a name that holds ${what}`, remedy: `Remove ${what}.` };
      }
      if (typeof member !== 'string' && (typeof member !== 'object' || member === null)) continue;
      todo.push({ value: member, key, parent: place, depth: place.depth + 1 });
    }
  }
  return null;
}

function faultOf(text: string): string | null {
  if (text.includes(NUL)) return 'a NUL character (U+0000)';
  return LONE_SURROGATE.test(text) ? 'half of a surrogate pair, which is no character' : null;
}

function pointerTo(place: Place): string {
  const keys: string[] = [];
  for (let at = place; at.parent !== null; at = at.parent) keys.unshift(`/${escapeKey(at.key)}`);
  return keys.join('');
}

/** A member name as a JSON pointer writes it (RFC 6901). */
export const escapeKey = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

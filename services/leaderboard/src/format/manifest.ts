import { type Clock, isNetwork, type Manifest } from '@corescore/contracts';
import { fixed } from './numbers.js';

const ms = (value: number): string => fixed(value, Number.isInteger(value) ? 0 : 1);

/** When the model's steps happen, as declared by its submitter. */
export function clockSentence(clock: Clock | undefined): string {
  if (clock === undefined) return 'no clock: feed-forward, one window held over all time bins';
  const first = clock.firstStep ?? 0;
  const from = first > 0 ? `, from step ${first}` : '';
  if ('windowsMs' in clock) {
    const windows = clock.windowsMs;
    const [start] = windows[0]!;
    const [, end] = windows[windows.length - 1]!;
    return `${windows.length} windows between ${ms(start)} and ${ms(end)} ms${from} (declared)`;
  }
  return `first step at ${ms(clock.onsetMs)} ms, ${ms(clock.stepMs)} ms a step${from} (declared)`;
}

export function kindWords(kind: string): string {
  if (kind === 'onnx') return 'ONNX network, run here';
  if (kind === 'tfjs') return 'TensorFlow.js network, run here';
  if (kind === 'activations') return 'activations supplied by the submitter';
  return kind === 'null' ? 'null row, made by the service' : kind;
}

/** `64 × 64 RGB over 8°` */
export function inputSentence(manifest: Manifest): string | null {
  if (!isNetwork(manifest)) return null;
  const { size, channels, visualDegrees, channelOrder } = manifest.input;
  const colour = channels === 1 ? 'gray' : (channelOrder ?? 'rgb').toUpperCase();
  return `${size[0]} × ${size[1]} ${colour} over ${visualDegrees}°`;
}

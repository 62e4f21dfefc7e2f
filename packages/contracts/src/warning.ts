import Type, { type Static } from 'typebox';

/**
 * What looks wrong with a submission and refuses nothing: told by `validate`, and by an upload beside its answer. A code
 * is stable; the sentence, the field and the remedy are written where the warning is made.
 */
export const WARNINGS = {
  input_units: 'mean or std are in other units than the range of the input',
  coarse_input: 'preprocessing leaves few of the 256 levels of an image apart',
  clock_unused: 'there is a clock, and one recorded step, or steps that are all the same',
  early_clock: 'the clock places a response before the image',
  folded_weights: 'several kernels are one up to a scale a channel: they count, and are shuffled, each on its own',
  converted: 'values were converted on their way in',
  not_repeatable: 'the same image gives other activations the second time',
  untrained: 'the weights make no difference to what is recorded',
  twin_not_run: 'the untrained twin could not be run',
  slow: 'all images may take longer than the limit',
} as const;
export type WarningCode = keyof typeof WARNINGS;

export const Warning = Type.Object({
  code: Type.Enum(Object.keys(WARNINGS) as WarningCode[]),
  message: Type.String(),
  field: Type.Optional(Type.String({ description: 'JSON pointer into the manifest, or the name of a file' })),
  remedy: Type.Optional(Type.String({ description: 'what to do about it' })),
});
export type Warning = Static<typeof Warning>;

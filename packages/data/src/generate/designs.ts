/**
 * What the images of `core-objects` are composed of. Part of the definition of version 1: a changed line is a new version.
 *
 * A *design* is one drawing of an object. Chair and zebra have one drawing in each icon set whose licence allows it (and
 * none in noto-v1), so one design an icon set and object is the most that every object can have; more of those objects
 * that have more (34 drawings are birds) made these the hardest. Left out after a look: `seat` (of an aeroplane: the
 * one most often missed by eye), dogs in harness, `airplane-departure` (its runway), panda, and the faces of persons.
 */

/** Kar et al.'s ten objects, in their order. */
export const OBJECTS = [
  'bear',
  'elephant',
  'person',
  'car',
  'dog',
  'apple',
  'chair',
  'plane',
  'bird',
  'zebra',
] as const;
export type ObjectName = (typeof OBJECTS)[number];

/** Where a drawing or a photograph may occur: `seen` in every set; `novel` never in the training set. */
export type Source = 'seen' | 'novel';

/** `icon set:icon`. */
export const DESIGNS: Record<Source, Record<ObjectName, readonly string[]>> = {
  seen: {
    bear: ['noto:bear', 'noto-v1:bear', 'twemoji:bear'],
    elephant: ['noto:elephant', 'noto-v1:elephant', 'twemoji:elephant'],
    person: ['noto:person-walking', 'noto-v1:person-running', 'twemoji:person-standing'],
    car: ['noto:automobile', 'noto-v1:automobile', 'twemoji:sport-utility-vehicle'],
    dog: ['noto:dog', 'noto-v1:poodle', 'twemoji:dog'],
    apple: ['noto:red-apple', 'noto-v1:red-apple', 'twemoji:red-apple'],
    chair: ['noto:chair', 'twemoji:chair'],
    plane: ['noto:airplane', 'noto-v1:small-airplane', 'twemoji:airplane'],
    bird: ['noto:bird', 'noto-v1:duck', 'twemoji:dove'],
    zebra: ['noto:zebra', 'twemoji:zebra'],
  },
  novel: {
    bear: ['fluent-emoji-flat:bear'],
    elephant: ['fluent-emoji-flat:elephant'],
    person: ['fluent-emoji-flat:person-walking'],
    car: ['fluent-emoji-flat:automobile'],
    dog: ['fluent-emoji-flat:dog'],
    apple: ['fluent-emoji-flat:red-apple'],
    chair: ['fluent-emoji-flat:chair'],
    plane: ['fluent-emoji-flat:airplane'],
    bird: ['fluent-emoji-flat:dove'],
    zebra: ['fluent-emoji-flat:zebra'],
  },
};

/** Things that are none of the ten objects: clutter larger than a speck is cut from these. */
export const DEBRIS: Record<Source, readonly string[]> = {
  seen: [
    'noto:umbrella',
    'noto:guitar',
    'noto:mushroom',
    'noto:alarm-clock',
    'noto:trumpet',
    'noto:cactus',
    'noto-v1:key',
    'noto-v1:maple-leaf',
    'noto-v1:hammer',
    'noto-v1:camera',
    'noto-v1:top-hat',
    'twemoji:scissors',
    'twemoji:anchor',
    'twemoji:backpack',
    'twemoji:evergreen-tree',
    'twemoji:running-shoe',
    'twemoji:books',
  ],
  novel: [
    'fluent-emoji-flat:umbrella',
    'fluent-emoji-flat:key',
    'fluent-emoji-flat:teapot',
    'fluent-emoji-flat:trumpet',
    'fluent-emoji-flat:scissors',
    'fluent-emoji-flat:sunflower',
    'fluent-emoji-flat:television',
    'fluent-emoji-flat:violin',
  ],
};

/** Photographs under CC0 that backgrounds are cut from. */
export const PHOTOGRAPHS: Record<Source, readonly string[]> = {
  seen: ['acanthus-mollis', 'black-canyon', 'dust-bowl-home', 'french-alpine-landscape'],
  novel: ['allium-oreophilum', 'nagasaki-boats'],
};

/** Every drawing and photograph of the atlas, in its order. */
export function atlasNames(): { objects: string[]; debris: string[]; photographs: string[] } {
  const both = <T>(part: Record<Source, T>, list: (of: T) => readonly string[]) => [
    ...list(part.seen),
    ...list(part.novel),
  ];
  return {
    objects: both(DESIGNS, (of) => OBJECTS.flatMap((name) => of[name])),
    debris: both(DEBRIS, (of) => of),
    photographs: both(PHOTOGRAPHS, (of) => of),
  };
}

/** What a network may be at most: about ten times the largest row of the house, and steps for over a second. */
export const LIMITS = {
  parameters: 5_000_000,
  /** For one image, all steps. */
  multiplyAdds: 3_000_000_000,
  steps: 64,
  imageSide: 256,
  width: 1024,
  classes: 1000,
  kernel: 15,
  stride: 8,
  delay: 8,
} as const;

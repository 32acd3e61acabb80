/** The topics of findings, in the order of the catalogue. */
export const TOPICS = [
  'dust',
  'straw',
  'voc',
  'industry',
  'mobile_source',
  'living',
  'management',
  'noise',
  'water',
  'waste',
  'other',
] as const

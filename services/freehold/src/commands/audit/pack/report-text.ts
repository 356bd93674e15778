/** Sentences that HTML and PDF share. */
export const CLAIMS = [
  'Every commit below stands in the provider’s log exactly so: its time, its subject and every byte of it are covered by the signed checkpoint.',
  'None was left out between them: versions rise by one, and each names the position of the one before.',
  'Times are those at which the log’s server stored the commit. Whoever signed it could not change them later without being found.',
  'What is personal is enciphered in the log; its place is shown, not its value.',
  'It does not show what happened after the checkpoint, nor that the decisions were right.',
];

export const HOW_TO_CHECK = {
  tree: 'A commit is hashed to a leaf. With the hash beside it, it gives the hash above, and so on up to the root, which the provider signed in the checkpoint. The newest commit’s way is drawn; the files have the ways of all.',
  tools:
    'README.txt says how: with freehold audit verify, with openssl and sha256sum, and with Go’s library for transparency logs. This report is for reading; what counts are the commits, their proofs and the checkpoint beside it.',
} as const;

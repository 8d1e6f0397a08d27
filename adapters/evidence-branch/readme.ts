/**
 * The branch's README.md: the same text for the same log and key, because a commit may have to be sent twice.
 * @param checkpointKey vkey
 */
export function readmeText(origin: string, checkpointKey: string): string {
  return `# Evidence of this repository's approvals

This branch is written by Countersign and by nobody else. It records, one signed file for each event, what was asked to
ship, who answered, what was released and what became of it.

- \`records/\` one in-toto statement for each event, by day; the number in the name is its place in the log.
- \`signatures/\` the signatures over those exact bytes.
- \`checkpoint\` the signed head of the Merkle tree over all records; \`tile/\` the tree itself.
- \`policies/\` and \`facts/\` what a decision was judged by and from, named by its SHA-256.

This file and \`keys/\` are here for convenience and are not evidence.

## Verify

    countersign verify <this repository or a clone of it> --key '${checkpointKey}'

Take the key from the people who run Countersign, not from this branch: whoever could change the branch could change the
key beside it. Keep the file \`checkpoint\` of each audit: with \`--since <that file>\` the next one also shows that nothing
was taken back.

This log is \`${origin}\` (host, installation id, repository id, generation).
`;
}

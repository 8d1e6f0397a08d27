import { defineConfig } from 'rolldown';

/**
 * The bundles in dist/. They are committed, because GitHub and auditors run them as they are; a rebuild must give the same
 * bytes, which the CI checks. Nothing but Node's own modules stays outside.
 */
export default defineConfig([
  {
    input: 'cli/main.ts',
    platform: 'node',
    external: /^node:/,
    // Two builds and no shared chunk: the verifier stays one file without a package in it, which can be sent on alone and
    // starts its workers from itself. It knows `who` by its name only.
    plugins: [
      {
        name: 'who-apart',
        resolveId: (id) => (id === './who/who.ts' ? { id: './who.js', external: true } : null),
      },
    ],
    output: { file: 'dist/cli/countersign.js', format: 'esm', minify: true },
  },
  {
    input: 'cli/who/who.ts',
    platform: 'node',
    external: /^node:/,
    output: { file: 'dist/cli/who.js', format: 'esm', minify: true, codeSplitting: false },
  },
]);

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
  {
    // The gate starts with every protected job; what only other modes need stands in chunks of their own.
    input: { main: 'action/main.ts', 'post-step': 'action/post-step.ts' },
    platform: 'node',
    external: /^node:/,
    // @actions/core brings a whole HTTP client for the one call `getIDToken`, which is not used (action/id-token.ts).
    plugins: [
      {
        name: 'no-second-http-client',
        resolveId: (id, importer) =>
          id === './oidc-utils.js' && importer?.includes('@actions/core') === true ? '\0no-oidc' : null,
        load: (id) => (id === '\0no-oidc' ? 'export const OidcClient = null;' : null),
      },
    ],
    output: {
      dir: 'dist/action',
      format: 'esm',
      minify: true,
      entryFileNames: '[name].js',
      chunkFileNames: '[name].js',
      cleanDir: true,
    },
  },
]);

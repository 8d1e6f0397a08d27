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
    output: { file: 'dist/cli/countersign.js', format: 'esm', minify: true },
  },
]);

import { begin } from './begin.ts';
import { runPost } from './post.ts';
import { kept, warn } from './report.ts';

/*
 * The post step is a file of its own. One file for both would have to be told which of them it is by a `STATE_` variable, and
 * any step before can set one for the steps that follow: the gate would take itself for its post step and pass.
 */
await begin(
  async (readContext) => {
    // A main step that did not get as far as its mode has nothing to close.
    if (kept('mode') !== '') await runPost(readContext());
  },
  // What the job did is done: nothing here fails it, not even what its steps left of the runner's files.
  ({ because: reasons }) => reasons.forEach(warn),
);

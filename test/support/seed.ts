import { configureGlobal } from 'fast-check';

/** Property tests draw the same cases on every run: a red run can be run again, and a green one means the same everywhere. */
configureGlobal({ seed: 20_261_121 });

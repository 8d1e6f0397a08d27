import { once } from 'node:events';
import { tellStory } from './story.ts';
import { buildWorld, REPO } from './world.ts';

/**
 * `npm run demo`: a local GitHub, the App as a process of its own, and the whole story. Exit code 0 only if every step
 * really happened. `--stay` keeps both up afterwards.
 */
const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const world = await buildWorld();
try {
  say(`A local GitHub is up at ${world.sandbox.url}, Countersign at ${world.app.url}.\n`);
  await tellStory(world, say);
  say('\nEvery step happened.');
  if (process.argv.includes('--stay')) {
    const repository = `${world.sandbox.url}/${REPO}`;
    const pages = [
      `Repository:    ${repository}`,
      ...world.sandbox.repoState(REPO).pullRequests.map(({ number }) => `Pull request:  ${repository}/pull/${number}`),
      ...world.sandbox.runs(REPO).map(({ id }) => `Run:           ${repository}/actions/runs/${id}`),
      `Evidence:      ${repository}/tree/countersign-evidence`,
    ];
    say(`\nStaying up. Open in a browser:\n  ${pages.join('\n  ')}\nEnd with Ctrl-C.`);
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  }
} catch (error) {
  say(`\nFAILED: ${error instanceof Error ? error.message : String(error)}`);
  say(`\nThe App's last lines:\n${world.app.logs.slice(-30).join('\n')}`);
  process.exitCode = 1;
} finally {
  await world.close();
}

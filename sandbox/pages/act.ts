import { createActor } from '../actors/actor.ts';
import { Refused } from '../refused.ts';
import type { Actor } from '../sandbox.ts';
import type { PullRecord, RunRecord, World } from '../state.ts';

/** One button that was pressed: `verb` or `verb:what`, by whom, with the text beside it. */
interface Press {
  readonly actor: Actor;
  readonly verb: string;
  readonly what: string;
  readonly text: string;
}

/** @throws {Refused} what GitHub would refuse, and a press that no page of ours has */
export async function actOnPull(world: World, pull: PullRecord, form: URLSearchParams): Promise<void> {
  const { fullName } = pull.repo;
  const press = readPress(world, form);
  const { actor, verb, text } = press;
  if (verb === 'approve') await actor.review(fullName, pull.number, { state: 'APPROVED', body: text });
  else if (verb === 'request-changes') {
    await actor.review(fullName, pull.number, { state: 'CHANGES_REQUESTED', body: text });
  } else if (verb === 'comment') {
    if (text.trim() === '') throw new Refused(422, 'A comment needs some text');
    await actor.comment(fullName, pull.number, text);
  } else if (verb === 'merge') await actor.merge(fullName, pull.number);
  else await clickCheck(fullName, press);
}

/** @throws {Refused} as {@link actOnPull} */
export async function actOnRun(world: World, run: RunRecord, form: URLSearchParams): Promise<void> {
  const press = readPress(world, form);
  const { actor, verb, what, text } = press;
  if (verb === 'approve' || verb === 'reject') {
    const state = verb === 'approve' ? 'approved' : 'rejected';
    await actor.reviewDeployment(run.id, { environments: [what], state, comment: text });
  } else if (verb === 'rerun') await actor.rerun(run.id);
  else if (verb === 'rerun-failed') await actor.rerun(run.id, { failedOnly: true });
  else if (verb === 'cancel') await actor.cancel(run.id);
  else if (verb === 'bypass') await actor.bypass(run.id);
  else await clickCheck(run.repo.fullName, press);
}

async function clickCheck(fullName: string, { actor, verb, what }: Press): Promise<void> {
  const [, id, identifier] = /^(\d{1,15}):(.*)$/s.exec(what) ?? [];
  if (verb !== 'check' || id === undefined || identifier === undefined) throw new Refused(422, 'No such button');
  await actor.clickCheckAction(fullName, Number(id), identifier);
}

function readPress(world: World, form: URLSearchParams): Press {
  const account = world.accounts.get((form.get('as') ?? '').toLowerCase());
  if (account === undefined || account.type === 'Organization') throw new Refused(422, 'Choose who acts');
  const [, verb = '', what = ''] = /^([a-z-]+)(?::(.*))?$/s.exec(form.get('do') ?? '') ?? [];
  const text = (form.get('text') ?? '').replaceAll('\r\n', '\n');
  return { actor: createActor(world, account.login), verb, what, text };
}

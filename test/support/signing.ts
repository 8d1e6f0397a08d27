import { randomBytes } from 'node:crypto';
import type { Opened } from './reviewing.ts';
import { armour } from './software-ssh-key.ts';
import type { SoftwareSshKey, SshSignOptions } from './software-ssh-key.ts';
import type { Stage } from './stage.ts';

/** What people do with the commands that a check shows to those who sign. */

/** The shell commands on the check of a commit. */
export function signingCommands(stage: Stage, sha: string, checkName?: string): string {
  const commands = /~~~bash\n([^]*?)\n~~~/.exec(stage.check(sha, checkName)?.summary ?? '')?.[1];
  if (commands === undefined) throw new Error('the check shows no commands to sign with');
  return commands;
}

export interface SignedBy {
  readonly key: SoftwareSshKey;
  readonly reviewer: number;
  readonly options?: SshSignOptions;
}

/** The comment that those commands print, made without a shell. */
export function signedComment(commands: string, { key, reviewer, options }: SignedBy): string {
  const template = /<<END\n([^]*?)END\n/.exec(commands)?.[1] ?? '';
  const command = /'(\/countersign approve \w+)'/.exec(commands)?.[1] ?? '';
  const statement = template
    .replace('$reviewer', String(reviewer))
    .replace('$(openssl rand -hex 16)', randomBytes(16).toString('hex'));
  const signature = armour(key.sign(Buffer.from(statement), options));
  return `${command}\n\`\`\`\n${statement}${signature}\`\`\`\n`;
}

/** Says it on the pull request and settles; answers the id of the comment. */
export async function say(stage: Stage, by: string, pull: Opened, text: string): Promise<number> {
  const { id } = await stage.sandbox.as(by).comment(stage.repo, pull.number, text);
  await stage.settle();
  return id;
}

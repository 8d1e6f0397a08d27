import { Refused } from './refused.ts';
import type { Sandbox, SandboxOptions } from './sandbox.ts';

export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  throw new Refused(501, `the sandbox is being built (port ${options.port ?? 'any'})`);
}

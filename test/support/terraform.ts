import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The machine's own Terraform; its built-in `terraform_data` needs no provider, so no network either. */
export const TERRAFORM_ENV = { CHECKPOINT_DISABLE: '1', TF_IN_AUTOMATION: '1', TF_INPUT: '0' } as const;

/** A configuration of one resource that keeps `value`. */
export function shopConfiguration(value: string): string {
  return `resource "terraform_data" "shop" {\n  input = "${value}"\n}\n`;
}

/** Runs `terraform` there and answers what it printed. */
export async function terraform(folder: string, ...args: readonly string[]): Promise<string> {
  const { PATH = '' } = process.env;
  const env = { ...TERRAFORM_ENV, PATH, HOME: folder };
  return (await promisify(execFile)('terraform', [...args], { cwd: folder, env, encoding: 'utf8' })).stdout;
}

/** Makes a plan file of that name. */
export async function planInto(folder: string, name: string): Promise<void> {
  await terraform(folder, 'plan', '-input=false', '-lock=false', `-out=${name}`);
}

import { toHex, utf8 } from '../core/evidence/bytes.ts';
import type { Ports } from '../core/ports.ts';

/** GitHub lets a job have a longer name than 256 of them could have in one record of 65,535 bytes. */
const CHARACTERS_MAX = 120;
const CHARACTERS_SHOWN = 40;

/**
 * A job's name as requests and records hold it: a long one is cut, and its digest keeps it different from every other. So
 * no name, however long, keeps a request from being written down and explained (invariant 2).
 */
export function boundedJobName(ports: Pick<Ports, 'sha256'>, name: string): string {
  const characters = Array.from(name);
  if (characters.length <= CHARACTERS_MAX) return name;
  return `${characters.slice(0, CHARACTERS_SHOWN).join('')}… sha256:${toHex(ports.sha256(utf8(name)))}`;
}

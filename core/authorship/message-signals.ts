import { agentOfLogin } from './account-signals.ts';
import { agentOfMailbox, heuristicsOfPerson } from './git-identity.ts';
import { namesSomeAi, productNamed, productSigning } from './product-name.ts';
import type { AgentRegistry } from './registry.ts';
import type { Sighting } from './sighting.ts';
import { namedMailbox, searchable, trailersOf } from './trailers.ts';
import type { Trailer } from './trailers.ts';

/** Who helped to write it: `Assisted-by` is also used for people, so a bare first name says nothing there. */
const ASSIST_KEYS = new Set([
  'assisted-by',
  'assited-by',
  'co-assisted-by',
  'generated-by',
  'commit-generated-by',
  'ai-assisted-by',
  'entire-agent',
]);
const AI_KEYS = new Set(['ai-tool', 'ai-tools', 'ai-agent', 'ai-model', 'ai-assistant']);
/** What separates several tools in one trailer. */
const SEPARATOR = /\s*[,;&]\s*|\s+and\s+/;
const VALUE_MAX = 300;
/** Kept by a tool that agents and people use alike. */
const HINT_KEYS = new Set(['entire-checkpoint', 'entire-attribution']);

/**
 * Traces in a commit message: trailers, markers, what the subject begins with.
 *
 * @param message written by whoever pushed
 */
export function messageSightings(message: string, registry: AgentRegistry): readonly Sighting[] {
  const text = searchable(message);
  const subject = text.slice(0, 200).split('\n')[0]?.trim().toLowerCase() ?? '';
  const found: Sighting[] = trailersOf(text).flatMap((trailer) => trailerSightings(trailer, registry));
  for (const { text: prefix, agent } of registry.subjectPrefixes) {
    if (subject.startsWith(prefix))
      found.push({ tier: 'declared', kind: 'subject-prefix', agent, value: prefix.trim() });
  }
  // The first commit of Copilot's cloud agent; people write it too.
  if (subject === 'initial plan') found.push({ tier: 'heuristic', kind: 'initial-plan', agent: null, value: subject });
  return [...found, ...markerSightings(text, registry)];
}

/** Markers in a pull request's body; its trailers are not read, because release notes and changelogs quote those of others. */
export function bodySightings(body: string, registry: AgentRegistry): readonly Sighting[] {
  return markerSightings(searchable(body), registry);
}

function markerSightings(text: string, registry: AgentRegistry): readonly Sighting[] {
  const lower = text.toLowerCase();
  return registry.markers
    .filter((marker) => lower.includes(marker.text))
    .map((marker) => ({ tier: 'declared', kind: 'marker', agent: marker.agent, value: marker.text }));
}

function trailerSightings({ key, value }: Trailer, registry: AgentRegistry): readonly Sighting[] {
  const declared = (agent: string | null, text: string): Sighting => ({
    tier: 'declared',
    kind: 'trailer',
    agent,
    value: `${key}: ${text}`,
  });
  const own = (registry.trailers.get(key) ?? [])
    .filter((row) => value.toLowerCase().startsWith(row.value))
    .map((row) => declared(row.agent, row.value));
  return [...own, ...commonSightings({ key, value }, registry, declared)];
}

/** Of trailers that many tools and people write. */
function commonSightings(
  { key, value }: Trailer,
  registry: AgentRegistry,
  declared: (agent: string | null, text: string) => Sighting,
): readonly Sighting[] {
  if (HINT_KEYS.has(key)) return [{ tier: 'heuristic', kind: 'trailer', agent: null, value: key }];

  const coAuthor = key === 'co-authored-by';
  if (!coAuthor && key !== 'signed-off-by' && !ASSIST_KEYS.has(key) && !AI_KEYS.has(key)) return [];
  const { name, email } = namedMailbox(value);
  const mailbox = agentOfMailbox(email ?? '', registry);
  if (key === 'signed-off-by') {
    // An agent must not sign off, but some do; who else wrote it is left open.
    return mailbox === null
      ? []
      : [{ tier: 'heuristic', kind: 'agent-sign-off', agent: mailbox.agent, value: mailbox.address }];
  }
  if (mailbox !== null) return [declared(mailbox.agent, mailbox.address)];
  if (coAuthor && email !== null) return heuristicsOfPerson({ name, email }, registry, { coAuthor: true });
  const app = agentOfLogin(name, registry) ?? (name.includes('-') ? agentOfLogin(`${name}[bot]`, registry) : null);
  if (app !== null) return [declared(app, name)];
  const products = (AI_KEYS.has(key) ? value : name)
    .slice(0, VALUE_MAX)
    .split(SEPARATOR)
    .map(
      (part) => productNamed(part, registry, { firstNames: key !== 'assisted-by' }) ?? productSigning(part, registry),
    )
    .filter((product) => product !== null);
  if (products.length > 0) return products.map(({ agent, text }) => declared(agent, text));
  return AI_KEYS.has(key) || (!coAuthor && namesSomeAi(value)) ? [declared(null, 'ai')] : [];
}

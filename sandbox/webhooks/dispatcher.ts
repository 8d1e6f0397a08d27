import { createHmac, randomUUID } from 'node:crypto';
import { request, type ClientRequest } from 'node:http';

import { presentAccount, presentOrganization } from '../present/account.ts';
import { presentRepository } from '../present/repository.ts';
import type { Delivery, Webhooks } from '../sandbox.ts';
import type { AppRecord, Emission, InstallationRecord, World } from '../state.ts';

/** GitHub waits this long for a 2xx, and never sends again by itself. */
const PATIENCE_MS = 10_000;

type Mutable = { -readonly [Key in keyof Delivery]: Delivery[Key] };

/** Signs and sends webhooks: one after the other for each App, in the order in which things happened. */
export class Dispatcher implements Webhooks {
  readonly deliveries: Mutable[] = [];
  readonly #world: World;
  readonly #drops = new Set<(delivery: Delivery) => boolean>();
  readonly #duplicates = new Set<(delivery: Delivery) => boolean>();
  readonly #chains = new Map<string, Promise<void>>();
  #held: Mutable[] | null = null;
  #active = 0;
  readonly #open = new Set<ClientRequest>();
  #closed = false;

  constructor(world: World) {
    this.#world = world;
  }

  emit(emission: Emission): void {
    for (const installation of this.#world.installations.values()) {
      if (wants(installation, emission)) this.#deliver(this.#make(installation, emission));
    }
  }

  ping(app: AppRecord): void {
    const payload = { zen: 'Keep it logically awesome.', hook_id: app.id, hook: { type: 'App', id: app.id } };
    this.#deliver(this.#sign(app, 'ping', null, payload));
  }

  pause(): void {
    this.#held ??= [];
  }

  async resume(order?: (held: readonly Delivery[]) => readonly Delivery[]): Promise<void> {
    const held = this.#held ?? [];
    this.#held = null;
    const ordered = order === undefined ? held : order(held);
    const sent = ordered.map(async (delivery) => {
      const record = held.find((candidate) => candidate === delivery);
      if (record !== undefined) await this.#send(record);
    });
    await Promise.all(sent);
  }

  drop(predicate: (delivery: Delivery) => boolean): () => void {
    this.#drops.add(predicate);
    return () => this.#drops.delete(predicate);
  }

  duplicate(predicate: (delivery: Delivery) => boolean): () => void {
    this.#duplicates.add(predicate);
    return () => this.#duplicates.delete(predicate);
  }

  async redeliver(id: string): Promise<void> {
    const delivery = this.deliveries.find((candidate) => candidate.id === id);
    if (delivery === undefined) throw new TypeError(`no delivery ${id}`);
    const again: Mutable = { ...delivery, redelivery: true, state: 'pending', status: null };
    this.deliveries.push(again);
    await this.#send(again);
  }

  async quiesce(): Promise<void> {
    while (this.#active > 0) await Promise.all(this.#chains.values());
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#held = null;
    for (const outgoing of this.#open) outgoing.destroy();
    await this.quiesce();
  }

  #make(installation: InstallationRecord, emission: Emission): Mutable {
    const { repo } = emission;
    const owner = repo?.owner ?? installation.owner;
    return this.#sign(installation.app, emission.event, emission.action ?? null, {
      ...(emission.action === undefined ? {} : { action: emission.action }),
      ...emission.payload,
      ...(repo === undefined ? {} : { repository: presentRepository(this.#world, repo) }),
      ...(owner.type === 'Organization' ? { organization: presentOrganization(this.#world, owner) } : {}),
      installation: emission.payload['installation'] ?? { id: installation.id, node_id: installation.nodeId },
      sender: presentAccount(this.#world, emission.sender),
    });
  }

  #sign(app: AppRecord, event: string, action: string | null, payload: unknown): Mutable {
    const body = JSON.stringify(payload);
    const id = randomUUID();
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/sandbox',
      accept: '*/*',
      'x-github-event': event,
      'x-github-delivery': id,
      'x-github-hook-id': String(app.id),
      'x-github-hook-installation-target-id': String(app.id),
      'x-github-hook-installation-target-type': 'integration',
      'x-hub-signature-256': `sha256=${createHmac('sha256', app.secret).update(body).digest('hex')}`,
    };
    return { id, app: app.slug, event, action, body, headers, redelivery: false, state: 'pending', status: null };
  }

  #deliver(delivery: Mutable): void {
    this.deliveries.push(delivery);
    const hasAddress = this.#world.apps.get(delivery.app)?.webhookUrl !== null;
    if (!hasAddress || [...this.#drops].some((predicate) => predicate(delivery))) {
      delivery.state = 'dropped';
      return;
    }
    const twice = [...this.#duplicates].some((predicate) => predicate(delivery));
    const copies = twice ? [delivery, { ...delivery, redelivery: true }] : [delivery];
    if (copies[1] !== undefined) this.deliveries.push(copies[1]);
    for (const copy of copies) {
      if (this.#held === null) void this.#send(copy);
      else this.#held.push(copy);
    }
  }

  #send(delivery: Mutable): Promise<void> {
    this.#active += 1;
    const sent = this.#sendAfter(this.#chains.get(delivery.app), delivery);
    this.#chains.set(delivery.app, sent);
    return sent;
  }

  async #sendAfter(before: Promise<void> | undefined, delivery: Mutable): Promise<void> {
    await before;
    const address = this.#world.apps.get(delivery.app)?.webhookUrl ?? null;
    const status = this.#closed || address === null ? null : await this.#post(address, delivery);
    delivery.status = status;
    delivery.state = status !== null && status >= 200 && status < 300 ? 'ok' : 'failed';
    this.#active -= 1;
    this.#world.changed();
  }

  #post(url: string, delivery: Delivery): Promise<number | null> {
    return new Promise((resolve) => {
      const headers = { ...delivery.headers, 'content-length': String(Buffer.byteLength(delivery.body)) };
      const outgoing = request(url, { method: 'POST', headers, timeout: PATIENCE_MS, agent: false }, (answer) => {
        answer.resume();
        answer.on('close', () => {
          resolve(answer.statusCode ?? null);
        });
      });
      this.#open.add(outgoing);
      outgoing.on('timeout', () => outgoing.destroy());
      outgoing.on('error', () => {
        resolve(null);
      });
      outgoing.on('close', () => {
        this.#open.delete(outgoing);
        resolve(null);
      });
      outgoing.end(delivery.body);
    });
  }
}

function wants(installation: InstallationRecord, emission: Emission): boolean {
  const { app } = installation;
  if (emission.installation !== undefined) return emission.installation.id === installation.id;
  if (installation.suspendedAt !== null || !app.events.includes(emission.event)) return false;
  if (emission.onlyApp !== undefined && emission.onlyApp.id !== app.id) return false;
  return emission.repo !== undefined && covers(installation, emission.repo);
}

export function covers(
  installation: InstallationRecord,
  repo: { readonly fullName: string; readonly owner: { readonly id: number } },
): boolean {
  if (installation.owner.id !== repo.owner.id) return false;
  return installation.repos === null || installation.repos.has(repo.fullName.toLowerCase());
}

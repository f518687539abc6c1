/**
 * The services API (`$SRV.PING|INFO|STATS`, ADR-32) over any bus, so that `nats micro ls` finds us. The client's own
 * version counts only errors thrown before a handler returns; this one counts the answers.
 */

import { type Env, isoTime } from '../env.ts';
import { CoppiceError } from '../errors.ts';
import type { Bus, BusMessage, BusSubscription, Closeable, ServiceDescription, ServiceEndpoint } from './bus.ts';

const NAME = /^[A-Za-z0-9_-]+$/;
const VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;
const NANOS_PER_MS = 1_000_000;
const encoder = new TextEncoder();

type EndpointStats = { requests: number; errors: number; lastError: string; processingMs: number };

/**
 * Subscribes a service's endpoints and answers discovery until it is closed.
 *
 * @throws CoppiceError `INVALID_NAME` if a name or the version breaks the rules of the services API.
 */
export async function announceService(bus: Bus, env: Env, description: ServiceDescription): Promise<Closeable> {
  for (const { name } of [description, ...description.endpoints]) {
    if (!NAME.test(name))
      throw new CoppiceError(
        'INVALID_NAME',
        `invalid service or endpoint name \`${name}\`: use letters, digits, \`_\` and \`-\``,
      );
  }
  if (!VERSION.test(description.version))
    throw new CoppiceError('INVALID_NAME', `service version \`${description.version}\` is not like 1.2.3`);
  const service = new AnnouncedService(bus, env, description);
  await bus.flush();
  return service;
}

class AnnouncedService implements Closeable {
  readonly #bus: Bus;
  readonly #env: Env;
  readonly #description: ServiceDescription;
  readonly #id: string;
  readonly #started: string;
  readonly #stats: readonly EndpointStats[];
  readonly #subscriptions: readonly BusSubscription[];

  constructor(bus: Bus, env: Env, description: ServiceDescription) {
    this.#bus = bus;
    this.#env = env;
    this.#description = description;
    this.#id = env.random.id();
    this.#started = isoTime(env.clock.wallMs());
    this.#stats = description.endpoints.map(() => ({ requests: 0, errors: 0, lastError: '', processingMs: 0 }));
    this.#subscriptions = [
      ...description.endpoints.map((endpoint, place) => this.#serve(endpoint, place)),
      ...this.#answerDiscovery(),
    ];
  }

  async close(): Promise<void> {
    await Promise.all(this.#subscriptions.map((subscription) => subscription.drain()));
  }

  #serve(endpoint: ServiceEndpoint, place: number): BusSubscription {
    return this.#bus.subscribe(endpoint.subject, { queue: endpoint.queue }, (message) => {
      const startMs = this.#env.clock.nowMs();
      endpoint.onMessage(message, (error) => this.#count(place, this.#env.clock.nowMs() - startMs, error));
    });
  }

  #count(place: number, tookMs: number, error: string | undefined): void {
    const stats = this.#stats[place];
    if (stats === undefined) return;
    stats.requests += 1;
    stats.processingMs += tookMs;
    if (error === undefined) return;
    stats.errors += 1;
    stats.lastError = error;
  }

  #answerDiscovery(): BusSubscription[] {
    const verbs = { PING: () => this.#ping(), INFO: () => this.#info(), STATS: () => this.#statistics() };
    return Object.entries(verbs).flatMap(([verb, body]) =>
      ['', `.${this.#description.name}`, `.${this.#description.name}.${this.#id}`].map((suffix) =>
        this.#bus.subscribe(`$SRV.${verb}${suffix}`, {}, (message) => this.#answer(message, body())),
      ),
    );
  }

  #answer(message: BusMessage, body: unknown): void {
    if (message.reply !== undefined) this.#bus.publish(message.reply, encoder.encode(JSON.stringify(body)));
  }

  #identity(type: string): Readonly<Record<string, unknown>> {
    const { name, version, metadata } = this.#description;
    return { type: `io.nats.micro.v1.${type}_response`, name, id: this.#id, version, metadata };
  }

  #ping(): unknown {
    return this.#identity('ping');
  }

  #info(): unknown {
    const endpoints = this.#description.endpoints.map(({ name, subject, queue, metadata }) => ({
      name,
      subject,
      queue_group: queue,
      metadata,
    }));
    return { ...this.#identity('info'), description: this.#description.description, endpoints };
  }

  #statistics(): unknown {
    const endpoints = this.#description.endpoints.map(({ name, subject, queue }, place) => ({
      name,
      subject,
      queue_group: queue,
      ...shown(this.#stats[place]),
    }));
    return { ...this.#identity('stats'), started: this.#started, endpoints };
  }
}

function shown(stats: EndpointStats | undefined): Readonly<Record<string, unknown>> {
  const { requests, errors, lastError, processingMs } = stats ?? {
    requests: 0,
    errors: 0,
    lastError: '',
    processingMs: 0,
  };
  const totalNs = Math.round(processingMs * NANOS_PER_MS);
  return {
    num_requests: requests,
    num_errors: errors,
    last_error: lastError,
    processing_time: totalNs,
    average_processing_time: requests === 0 ? 0 : Math.round(totalNs / requests),
  };
}

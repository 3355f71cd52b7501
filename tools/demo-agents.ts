import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { ConsoleClient } from './console-client.ts';

/**
 * The people of the sample company at work, through the console's public API only: each signs in with a link of their own, keeps presence
 * alive, accepts offers (one is declined), replies and solves. No service knows that they are not people.
 */
const Environment = z.object({
  CONSOLE_URL: z.url(),
  ADMIN_TOKEN: z.string().min(1),
  AGENT_IDS: z.string().min(1),
  SCRIPT_FILE: z.string().min(1),
});
const environment = Environment.parse(process.env);

const Script = z.object({
  acceptAfterSeconds: z.number(),
  handleSeconds: z.record(z.string(), z.number()),
  paces: z.record(z.string(), z.number()).default({}),
  declineOnce: z.object({ categories: z.array(z.string()), reason: z.string() }),
  frames: z.record(z.string(), z.object({ greeting: z.string(), greetingNameless: z.string(), closing: z.string() })),
  replies: z.record(z.string(), z.record(z.string(), z.array(z.string()).min(1))),
});
const script = Script.parse(parse(readFileSync(environment.SCRIPT_FILE, 'utf8')));

interface InboxTicket {
  readonly ticketId: string;
  readonly offerId?: string;
  readonly awaitsDelivery?: boolean;
  readonly status?: string;
}
interface Story {
  readonly subject: string;
  readonly customer?: { readonly name?: string };
  readonly enrichment?: { readonly category?: { readonly value: string | null }; readonly language?: { readonly value: string | null } };
}

const LOOK_MS = 700;
/** Half of the console's lease, so that one lost request changes nothing. */
const PRESENCE_MS = 15_000;
let declined = false;
const stopping = new AbortController();
const used = new Map<string, number>();

function replyTo(story: Story, agentName: string): string {
  const category = story.enrichment?.category?.value ?? 'other';
  const texts = script.replies[category] ?? script.replies['other']!;
  const language = story.enrichment?.language?.value ?? 'en';
  const spoken = language in texts && language in script.frames ? language : 'en';
  const nth = used.get(`${category} ${spoken}`) ?? 0;
  used.set(`${category} ${spoken}`, nth + 1);
  const frame = script.frames[spoken]!;
  const greeting = story.customer?.name ? frame.greeting.replace('{customer}', story.customer.name) : frame.greetingNameless;
  const text = texts[spoken]![nth % texts[spoken]!.length]!;
  return `${greeting}\n\n${text}\n\n${frame.closing.replace('{agent}', agentName)}`;
}

class DemoAgent {
  readonly #busy = new Set<string>();

  readonly #agentId: string;
  readonly #name: string;
  readonly #console: ConsoleClient;

  constructor(agentId: string, name: string, console: ConsoleClient) {
    this.#agentId = agentId;
    this.#name = name;
    this.#console = console;
  }

  async work(): Promise<void> {
    let presentUntil = 0;
    while (!stopping.signal.aborted) {
      try {
        if (Date.now() > presentUntil) {
          // Chosen anew each time: the demo goes on when their shifts are over.
          await this.#console.call('PUT', '/presence', { presence: 'online', chosen: true });
          presentUntil = Date.now() + PRESENCE_MS;
        }
        const inbox = await this.#console.call<{ offers: InboxTicket[]; mine: InboxTicket[] }>('GET', '/inbox');
        for (const offer of inbox.offers) this.#once(`offer ${offer.offerId}`, () => this.#answerOffer(offer));
        for (const ticket of inbox.mine)
          if (ticket.status === 'open') this.#once(`ticket ${ticket.ticketId}`, () => this.#solve(ticket.ticketId));
      } catch (error) {
        process.stderr.write(`${this.#agentId}: ${(error as Error).message}\n`);
        await sleep(2_000);
      }
      await sleep(LOOK_MS);
    }
    await this.#console.call('PUT', '/presence', { presence: 'offline' }).catch(() => undefined);
  }

  #once(what: string, work: () => Promise<void>): void {
    if (this.#busy.has(what)) return;
    this.#busy.add(what);
    work()
      .catch((error: Error) => process.stderr.write(`${this.#agentId}: ${what}: ${error.message}\n`))
      // Reopened tickets are worked on again; a failed attempt is repeated.
      .finally(() => setTimeout(() => this.#busy.delete(what), 5_000));
  }

  async #answerOffer({ ticketId, offerId, awaitsDelivery }: InboxTicket): Promise<void> {
    if (awaitsDelivery) await this.#console.call('POST', `/tickets/${ticketId}/delivered`, { offerId });
    await sleep(script.acceptAfterSeconds * 1_000);
    const story = await this.#console.call<Story>('GET', `/tickets/${ticketId}`);
    const decline = !declined && script.declineOnce.categories.includes(story.enrichment?.category?.value ?? '');
    if (decline) declined = true;
    await (decline
      ? this.#console.call('POST', `/tickets/${ticketId}/decline`, { offerId, reason: script.declineOnce.reason }, { prefer: 'wait=2' })
      : this.#console.call('POST', `/tickets/${ticketId}/accept`, { offerId }, { prefer: 'wait=2' }));
  }

  async #solve(ticketId: string): Promise<void> {
    const story = await this.#console.call<Story>('GET', `/tickets/${ticketId}`);
    const seconds = script.handleSeconds[story.enrichment?.category?.value ?? ''] ?? script.handleSeconds['default'] ?? 5;
    await sleep(seconds * (script.paces[this.#agentId] ?? 1) * 1_000);
    await this.#console.call('POST', `/tickets/${ticketId}/replies`, { text: replyTo(story, this.#name) }, { prefer: 'wait=2' });
    await this.#console.call('POST', `/tickets/${ticketId}/solve`, {}, { prefer: 'wait=2' });
  }
}

const admin = new ConsoleClient(environment.CONSOLE_URL, environment.ADMIN_TOKEN);
const workers = await Promise.all(
  environment.AGENT_IDS.split(',').map(async (agentId) => {
    const { code } = await admin.call<{ code: string }>('POST', '/sign-in-links', { agentId });
    const session = await new ConsoleClient(environment.CONSOLE_URL, '').call<{ token: string; name: string }>('POST', '/sessions', {
      code,
    });
    return new DemoAgent(agentId, session.name, new ConsoleClient(environment.CONSOLE_URL, session.token));
  }),
);
const stop = (): void => {
  stopping.abort();
  setTimeout(() => process.exit(0), 3_000).unref();
};
process.once('SIGTERM', stop);
process.stdin.on('end', stop).resume();
await Promise.all(workers.map((worker) => worker.work()));
process.exit(0);

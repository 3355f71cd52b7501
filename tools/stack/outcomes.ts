import type { Sample } from './samples.ts';
import type { Place, Witness, WitnessedEvent } from './witness.ts';

/** What the topics show of one message that was sent. */
export interface SampleOutcome extends Place {
  readonly id: string;
  readonly door: Sample['door'];
  readonly outcome: 'assigned' | 'answered' | 'reply' | 'duplicate' | 'dead-letter' | 'waiting';
  readonly ticketId: string | null;
}

const placeOf = ({ topic, partition, offset }: Place): Place => ({ topic, partition, offset });
const first = (events: readonly WitnessedEvent[], ...types: string[]): WitnessedEvent | undefined =>
  events.find((event) => types.includes(event.type));
const addressOf = (event: WitnessedEvent): string => String((event.data['customer'] as { address: string }).address).toLowerCase();

/**
 * Judges every delivery of a sample by what an independent consumer read. Undefined: not accounted for yet.
 * @param staffed false when nobody works (`--no-demo-agents`): then a ticket that waits visibly is accounted for
 */
export function outcomesOf(sample: Sample, sender: string, witness: Witness, staffed: boolean): (SampleOutcome | undefined)[] {
  const one = { id: sample.id, door: sample.door };
  if (sample.expect.outcome === 'dead-letter') {
    const letter = witness.deadLetters.find((dead) => dead.original.topic === 'signalbox.inbound');
    return [letter && { ...one, ...placeOf(letter), outcome: 'dead-letter', ticketId: null }];
  }
  const received = witness.events.filter((event) => event.type === 'TicketReceived' && addressOf(event) === sender.toLowerCase());
  if (sample.expect.outcome === 'reply') {
    const reply =
      received.length === 1
        ? witness.of(received[0]!.ticketId).find((event) => event.type === 'MessageReceived' && event.data['door'] === sample.door)
        : undefined;
    return [reply && { ...one, ...placeOf(reply), outcome: 'reply', ticketId: reply.ticketId }];
  }
  // Delivered twice must be one ticket: with two there is no outcome to tell.
  const ticket = received.length === 1 ? received[0]! : undefined;
  const story = ticket ? witness.of(ticket.ticketId) : [];
  const answered = first(story, 'AnswerReleased');
  const assigned = first(story, 'TicketAssigned');
  const waits = staffed ? undefined : first(story, 'TicketQueued');
  const end = sample.expect.outcome === 'answered' ? answered : (assigned ?? waits);
  const outcome = end?.type === 'TicketAssigned' ? 'assigned' : end?.type === 'AnswerReleased' ? 'answered' : 'waiting';
  // The story "everybody is full" is told only if it did wait.
  const waitedAsPromised = !sample.expect.waits || !staffed || first(story, 'TicketQueued') !== undefined;
  const main: SampleOutcome | undefined =
    end && waitedAsPromised ? { ...one, ...placeOf(end), outcome, ticketId: end.ticketId } : undefined;
  const repeated = Array.from(
    { length: (sample.times ?? 1) - 1 },
    (): SampleOutcome | undefined => ticket && { ...one, ...placeOf(ticket), outcome: 'duplicate', ticketId: ticket.ticketId },
  );
  return [main, ...repeated];
}

import { EventQueue } from './event-queue.ts';
import { Stream } from './random.ts';
import type { Ticket } from './router.ts';
import { WaitingLine } from './waiting-line.ts';

const chance = new Stream(5, 'queues');

describe('the event queue', () => {
  it('gives events by instant, and those of one instant in the order they were put in', () => {
    const queue = new EventQueue();
    const put: { at: number; subject: number }[] = [];
    const got: { at: number; subject: number }[] = [];
    const take = (): void => {
      got.push({ at: queue.nextAt, subject: queue.nextSubject });
      queue.pop();
    };
    for (let subject = 0; subject < 2000; subject += 1) {
      const at = 100 + chance.below(50);
      put.push({ at, subject });
      queue.push(at, 0, subject);
    }
    for (let nth = 0; nth < 1000; nth += 1) take();
    queue.push(100, 0, 5000);
    take();
    expect(got.pop()).toEqual({ at: 100, subject: 5000 });
    while (queue.nextAt < Infinity) take();
    expect(got).toEqual(put.sort((a, b) => a.at - b.at || a.subject - b.subject));
  });
});

describe('a waiting line', () => {
  it('gives the earliest deadline first, and forgets who gave up', () => {
    const line = new WaitingLine();
    const tickets = Array.from({ length: 500 }, (_, number) => ({ number, deadline: chance.below(100) }) as unknown as Ticket);
    for (const ticket of tickets) line.push(ticket);
    const gone = new Set(tickets.filter(({ number }) => number % 3 === 0));
    for (const ticket of gone) line.remove(ticket);
    const left = tickets.filter((ticket) => !gone.has(ticket)).sort((a, b) => a.deadline - b.deadline || a.number - b.number);
    expect(line.firstDeadline).toBe(left[0]!.deadline);
    const got: Ticket[] = [];
    for (let ticket = line.shift(); ticket; ticket = line.shift()) got.push(ticket);
    expect(got).toEqual(left);
    expect(line.firstDeadline).toBe(Infinity);
  });
});

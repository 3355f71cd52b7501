import { Controller } from '@nestjs/common';
import { AssignmentProposed, type Draft, type Received } from '@signalbox/contracts';
import { On, type Delivery } from '@signalbox/messaging';
import { randomUUID } from 'node:crypto';
import { Desk } from './desk.js';
import { reserve } from './domain/offering.js';

@Controller()
export class RoutingConsumer {
  /** The whole interlocking happens here: ticket and agent are locked, then granted to each other or not. */
  @On(AssignmentProposed)
  async onAssignmentProposed(proposals: readonly Received<AssignmentProposed>[], delivery: Delivery): Promise<Draft[]> {
    const desk = await Desk.open(delivery);
    await desk.load(
      proposals.map((proposal) => proposal.ticketId),
      proposals.map((proposal) => proposal.data.agentId),
    );
    for (const proposal of proposals) {
      const ticket = desk.ticket(proposal.ticketId);
      const queue = desk.queue(proposal.data.queueId) ?? desk.queue(desk.queueIdOf(ticket));
      desk.apply(reserve(ticket, desk.agent(proposal.data.agentId), proposal.data, queue, randomUUID(), desk.now), proposal);
    }
    return desk.save();
  }
}

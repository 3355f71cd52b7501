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
      const { agentId, queueId } = proposal.data;
      const terms = desk.termsFor(ticket, desk.queue(queueId) ? queueId : undefined);
      desk.apply(reserve(ticket, desk.agent(agentId), proposal.data, terms, randomUUID(), desk.now), proposal);
    }
    return desk.save();
  }
}

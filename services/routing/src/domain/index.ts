/** What decides, for those who recompute it: simulation, replay, what-if and the benchmarks. */
export { hashOf, mixed } from './chance.js';
export {
  fadedLoad,
  Learned,
  loadAt,
  nothingObserved,
  withRated,
  withReturn,
  withReturned,
  withSolved,
  type ObservedCell,
  type ObservedLoad,
} from './learning.js';
export { match, matchNext, type Matched, type MatchPolicy, type Proposed, type StillWaiting } from './match.js';
export { domainOfAgent, domainOfQueue } from './matching-domain.js';
export { levelsAsked } from './overflow.js';
export { placedIn, proposalOf } from './proposal.js';
export { firstDifference, RoundReplay } from './replay.js';
export { RoundLog, type PerformanceSnapshot, type RecordedRound, type UntoldRound } from './round-log.js';
export { recordPerformance, recordRound } from './round-record.js';
export { waitingTicketOf, type TicketFacts } from './ticket-facts.js';
export { NOTHING_PASSING, type CandidateAgent, type Passing, type WaitingTicket } from './waiting-ticket.js';
export { inOrder } from './wish.js';

import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { trainClassifier, type Example } from '../src/domain/classifier.js';
import type { Model } from '../src/domain/model.js';
import { ticketText } from '../src/domain/text.js';

/** A row of the sample company's labelled tickets. */
export interface SampleTicket {
  category: string;
  language: string;
  subject: string;
  body: string;
  priority: string;
  complexity: string;
}

export const sampleTickets: readonly SampleTicket[] = parse(
  readFileSync(new URL('../../../config/sample/tickets.csv', import.meta.url), 'utf8'),
  { columns: true },
);

export const sampleExamples: readonly Example[] = sampleTickets.map((ticket) => ({ category: ticket.category, text: ticketText(ticket) }));

let trained: Model | undefined;
/** Trained once per spec file; takes about half a second. */
export const sampleModel = (): Model => (trained ??= trainClassifier(sampleExamples));

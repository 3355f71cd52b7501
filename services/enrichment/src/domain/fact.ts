/** A value with how sure it is and where it comes from. */
export interface Fact<T> {
  value: T;
  /** 0 … 1: the probability that the value is right, as far as it was measured. */
  confidence: number;
  /** `model`, `rules`, `detection`, `customer`, or `none` when there was nothing to go by. */
  source: string;
  /** The trained model's, or the rule table's, content hash. */
  modelVersion?: string;
  /** What spoke for it, strongest first; names of signals and tables, never text of the ticket. */
  reasons?: string[];
}

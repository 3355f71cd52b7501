/** What calculates deadlines, for those who calculate one by hand. */
export { explainDeadline, fieldsPassedOver, InvalidCase, type ExplainedClock, type Segment } from './explain.js';

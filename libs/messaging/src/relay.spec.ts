import { inRequests } from './relay.js';

const record = (topic: string, kilobytes: number, key = 'k') => ({ topic, key, value: 'x'.repeat(kilobytes * 1000), headers: {} });

describe('inRequests', () => {
  it('sends many small records of many topics at once', () => {
    expect(inRequests([record('a', 1), record('b', 1), record('a', 1)])).toHaveLength(1);
  });

  it('starts a new request before one topic grows beyond what a broker takes, and keeps the order', () => {
    const records = [record('a', 500, '1'), record('b', 500, '2'), record('a', 500, '3'), record('a', 900, '4'), record('b', 10, '5')];
    const requests = inRequests(records);
    expect(requests.map((request) => request.map(({ key }) => key))).toEqual([['1', '2'], ['3'], ['4', '5']]);
  });

  it('says nothing when there is nothing', () => {
    expect(inRequests([])).toEqual([]);
  });
});

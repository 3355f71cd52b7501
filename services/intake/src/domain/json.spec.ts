import { readJson, shown } from './json.js';

describe('readJson', () => {
  it('reads UTF-8 JSON', () => {
    expect(readJson(Buffer.from('{"a":"ü"}'), 'body')).toEqual({ ok: true, value: { a: 'ü' } });
  });

  it('says which input is not UTF-8', () => {
    expect(readJson(Buffer.from([0x22, 0xff, 0x22]), 'body')).toEqual({
      ok: false,
      reason: 'body is not valid UTF-8 (3 bytes); expected JSON in UTF-8',
    });
  });

  it('shows the beginning of what is not JSON', () => {
    expect(readJson(Buffer.from('{oops'), 'record value')).toMatchObject({
      ok: false,
      reason: expect.stringContaining('record value is not valid JSON: "{oops"'),
    });
  });
});

it('shows any value in at most 60 characters', () => {
  expect(shown(undefined)).toBe('undefined');
  expect(shown('x'.repeat(1_000)).length).toBeLessThanOrEqual(60);
});

import fc from 'fast-check';
import { searchFor } from './search.js';

it.each([
  ['1042', { by: 'number', number: 1042 }],
  ['#1042', { by: 'number', number: 1042 }],
  [' sb-1042 ', { by: 'number', number: 1042 }],
  ['9999999999', { by: 'words', words: '9999999999:*' }],
  ['Ida@Example.com', { by: 'address', prefix: 'ida@example.com%' }],
  ['50%_@x', { by: 'address', prefix: String.raw`50\%\_@x%` }],
  ['charged twice', { by: 'words', words: 'charged:* & twice:*' }],
  [`Ladegerät'; drop -- | ! &`, { by: 'words', words: 'Ladegerät:* & drop:*' }],
  [' !! ', { by: 'nothing' }],
])('understands %j', (query, search) => {
  expect(searchFor(query)).toEqual(search);
});

it('makes a text query of letters and digits alone, out of anything', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (query) => {
      const search = searchFor(query);
      if (search.by === 'words') expect(search.words).toMatch(/^[\p{L}\p{N}]+:\*(?: & [\p{L}\p{N}]+:\*){0,7}$/u);
    }),
  );
});

import { addressFrom } from './address.js';

it('writes an address in one way', () => {
  expect(addressFrom(' Ida@Example.COM ')).toBe('ida@example.com');
});

it.each(['', '  ', '\0'])('knows nobody by %j', (address) => {
  expect(addressFrom(address)).toBeNull();
});

import { Gatherer } from './gatherer.js';

const item = (bytes = 1) => ({ bytes });

describe('Gatherer', () => {
  it('hands over everything of the same turn together, and what comes meanwhile in the next unit', async () => {
    const units: number[] = [];
    const release: (() => void)[] = [];
    const gatherer = new Gatherer<{ bytes: number }>(
      async (items) => {
        units.push(items.length);
        await new Promise<void>((resolve) => release.push(resolve));
      },
      { itemsMax: 10, bytesMax: 100, paceMs: 0, paceMsMax: 0 },
    );
    gatherer.add([item(), item()]);
    gatherer.add([item()]);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    gatherer.add([item(), item()]);
    expect(units).toEqual([3]);
    release.shift()!();
    await new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))));
    expect(units).toEqual([3, 2]);
    release.shift()!();
    await gatherer.whenIdle();
    expect(gatherer.idle).toBe(true);
  });

  it('never takes more than its bounds, and a single large item alone', async () => {
    const units: number[] = [];
    const gatherer = new Gatherer<{ bytes: number }>(async (items) => void units.push(items.length), {
      itemsMax: 4,
      bytesMax: 10,
      paceMs: 0,
      paceMsMax: 0,
    });
    gatherer.add([item(), item(), item(), item(), item(), item(30), item(6), item(6)]);
    await gatherer.whenIdle();
    expect(units).toEqual([4, 1, 1, 1, 1]);
  });
});

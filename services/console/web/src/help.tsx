import { Dialog } from './dialog.js';

const KEYS: readonly (readonly [keys: readonly string[], does: string])[] = [
  [['j', '↓'], 'next ticket'],
  [['k', '↑'], 'previous ticket'],
  [['Enter'], 'open'],
  [['/'], 'search'],
  [['a'], 'accept the offer'],
  [['d'], 'decline the offer'],
  [['r'], 'reply'],
  [['n'], 'internal note'],
  [['Ctrl', 'Enter'], 'send'],
  [['h'], 'hold'],
  [['u'], 'resume'],
  [['s'], 'solve'],
  [['f'], 'hand over'],
  [['c'], 'ask a colleague'],
  [['e'], 'explain its clocks'],
  [['m'], 'merge into another ticket'],
  [['x'], 'next ticket for me'],
  [['t'], 'tickets'],
  [['Esc'], 'leave, close'],
  [['?'], 'this help'],
];

export function Help({ mayOversee, close }: { readonly mayOversee: boolean; readonly close: () => void }) {
  const keys = mayOversee ? [...KEYS, [['b'], 'board'] as const, [['p'], 'reports'] as const, [['o'], 'decide over it'] as const] : KEYS;
  return (
    <Dialog title="Keys" close={close}>
      <dl className="keys">
        {keys.map(([names, does]) => (
          <div key={does}>
            <dt>
              {names.map((name) => (
                <kbd key={name}>{name}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={close}>
        Close
      </button>
    </Dialog>
  );
}

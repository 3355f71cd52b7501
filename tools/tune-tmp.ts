import { RoutingPolicy } from '@signalbox/contracts';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { routeBench } from './simulate/routebench.ts';
import { teamOf } from './simulate/team.ts';
import { truthOf } from './simulate/truth.ts';
import { Simulation, worldOf } from './simulate/simulation.ts';
import { measuresOf, resolutionOverTime } from './simulate/measures.ts';
import { POLICIES, signalbox } from './simulate/policies.ts';
const policiesWith = (p: any) => ({ ...POLICIES, signalbox: signalbox(p) });
const base = parse(readFileSync('config/policies/just-in-time.yaml', 'utf8'))['routing-policy'].standard;
const variants: Record<string, object> = JSON.parse(process.argv[4] ?? '{"base":{}}');
const loads = (process.argv[2] ?? '0.85').split(',').map(Number);
const seeds = (process.argv[3] ?? '1').split(',').map(Number);
const extra = JSON.parse(process.env.OPT ?? '{}');
const avg = (x: number[]) => x.reduce((a, b) => a + b, 0) / x.length;
for (const load of loads) {
  const worlds = seeds.map((seed) => {
    const w = routeBench({ seed, load, agents: 60, tickets: 15000, drift: false, bursts: false, shifts: false, patienceHours: null, ...extra });
    const team = teamOf(w);
    return worldOf(w, team, truthOf(w, team), seed);
  });
  const run = (make: any) => worlds.map((world) => { const s = new Simulation(world); const o = s.run(make(s, world)); return { m: measuresOf(world, o), o: resolutionOverTime(world, o) }; });
  const p0 = policiesWith(RoutingPolicy.parse(base)) as any;
  const ll = run(p0['least-loaded']), ol = run(p0['oracle-lp']);
  const f = (n: string, xs: any[], ms: number) => {
    const G = xs.map((x, i) => (ll[i]!.m.meanResolutionMinutes - x.m.meanResolutionMinutes) / (ll[i]!.m.meanResolutionMinutes - ol[i]!.m.meanResolutionMinutes));
    const worst = Math.max(...xs.map((x, i) => Math.max(...x.o.map((v: number, k: number) => v / ll[i]!.o[k]! - 1))));
    const k = (key: string) => avg(xs.map((x) => x.m[key]));
    console.log(load, n.padEnd(22), 'mean', k('meanResolutionMinutes').toFixed(1), 'G', avg(G).toFixed(3), 'min', Math.min(...G).toFixed(3), 'gini', k('giniBusyTime').toFixed(3), 'sla', k('slaShare').toFixed(4), 'sat', k('satisfiedShare').toFixed(4), 'fr', k('meanFirstResponseMinutes').toFixed(1), 'worst', (100 * worst).toFixed(1) + '%', 'lw', JSON.stringify(xs[0].m.longestWaitMinutesByPriority), ms, 'ms');
  };
  f('least-loaded', ll, 0); f('oracle-lp', ol, 0);
  for (const [name, change] of Object.entries(variants)) { const t = Date.now(); const xs = run((policiesWith(RoutingPolicy.parse({ ...base, ...change })) as any).signalbox); f(name, xs, Date.now() - t); }
}

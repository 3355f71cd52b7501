import { BaselineRouter, type Rule } from './baseline-router.ts';
import { greedyMean, thompson } from './learning-rules.ts';
import { oracleGreedy, oracleLp } from './oracles.ts';
import type { Desk, Router } from './router.ts';
import { leastLoaded, longestIdle, random, roundRobin, skillsFirst } from './rules.ts';
import type { World } from './simulation.ts';
import { SignalboxRouter } from './signalbox-router.ts';
import { ucbLp } from './ucb-lp.ts';
import type { RoutingPolicy } from '@signalbox/contracts';

/** Makes the router of one run. Only oracles look at the world; `desk` is what everybody may see. */
export type MakeRouter = (desk: Desk, world: World) => Router;

const blind =
  (rule: (desk: Desk) => Rule): MakeRouter =>
  (desk) =>
    new BaselineRouter(desk, rule(desk));
const learning =
  (rule: typeof greedyMean): MakeRouter =>
  (desk, { truth: { reopenAfterMinutes } }) =>
    new BaselineRouter(desk, rule(desk, { reopenAfterMinutes }));
const oracle =
  (rule: typeof oracleGreedy): MakeRouter =>
  (desk, { truth, driftAt }) =>
    new BaselineRouter(desk, rule(desk, truth, driftAt));

/** The baselines and the oracles, in the order of the report. */
export const POLICIES = {
  random: blind(random),
  'round-robin': blind(roundRobin),
  'least-loaded': blind(leastLoaded),
  'longest-idle': blind(longestIdle),
  'skills-first': blind(skillsFirst),
  'greedy-mean': learning(greedyMean),
  thompson: learning(thompson),
  'ucb-lp': learning(ucbLp),
  'oracle-greedy': oracle(oracleGreedy),
  'oracle-lp': oracle(oracleLp),
} satisfies Record<string, MakeRouter>;

/** Signalbox's own matching function, deciding by a routing policy. */
export const signalbox =
  (policy: RoutingPolicy): MakeRouter =>
  (desk) =>
    new SignalboxRouter(desk, policy);

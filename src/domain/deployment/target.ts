import type { StoreTarget } from '../release/vocabulary.ts';
import type { RolloutPlan } from '../rollout/plan.ts';
import type { RolloutAbilities } from '../rollout/rollout.ts';
import type { Strategy } from './strategy.ts';

/** One service in one environment: where and how it runs. Connections are named by id; their parts are checked by their drivers. */
export interface TargetBody {
  deploy: {
    /** A connection of the category `deployment` whose provider is a deploy target. */
    integrationId: string;
    config: Record<string, unknown>;
    replicas: number;
    /** How long it may take to become ready, milliseconds. */
    readyWithinMs: number;
    /** How long it is given to end by itself, milliseconds. */
    graceMs: number;
  };
  strategy: Strategy;
  /** Canary and blue-green need it. */
  traffic: { integrationId: string; config: Record<string, unknown> } | null;
  /** A connection of the category `monitoring`; analyses and judges need it. */
  metrics: { integrationId: string } | null;
  /** Every one of them must hold. */
  health: readonly HealthCheck[];
  /** The database whose schema moves with the service; null = its artifacts' migrations are not applied here. */
  migrations: { integrationId: string } | null;
  /** Names that must be there before anything starts. */
  requiredVariables: readonly { name: string; secret: boolean; pattern: string | null }[];
}

/** One service in one store track: which app its users get it as, and how it reaches all of them. */
export interface StoreTargetBody {
  store: {
    /** A connection of the category `store`. */
    integrationId: string;
    /** As people know it: the bundle id or package name. */
    appId: string;
    /** As the store names it; stores with one track ignore it. */
    track: string;
    rollout: RolloutPlan;
    /** 0 to 5, how urgently running apps offer the update; null = the store's default. */
    updatePriority: number | null;
  };
}

/** A service in an environment, as people say it. */
export type ServiceTarget = TargetBody | StoreTargetBody;

/** As a plan holds it: with what its store declares, so that nobody has to be asked. */
export interface PlannedStoreTarget {
  store: StoreTargetBody['store'] & {
    /** Provider id: with `appId` it names what locks serialise. */
    provider: string;
    target: StoreTarget;
    abilities: RolloutAbilities;
  };
}

/** Where a service of a plan goes: to drivers, or to a store. */
export type PlannedTarget = TargetBody | PlannedStoreTarget;

export const isStoreTarget = <Target extends StoreTargetBody>(target: TargetBody | Target): target is Target => 'store' in target;

/** Healthy = `successes` in a row within `withinMs`. */
export type HealthCheck = {
  intervalMs: number;
  timeoutMs: number;
  successes: number;
  withinMs: number;
} & (
  | { kind: 'http' /** Asked at each address of the side: `http://<address><path>`. */; path: string; expectStatus: readonly number[] }
  | { kind: 'tcp' }
  /** Exit code 0, run beside the workload. */
  | { kind: 'command'; command: readonly string[] }
);

/** The database whose schema moves with the service; null = none does. */
export const migrationsOf = (target: ServiceTarget | PlannedTarget): TargetBody['migrations'] =>
  isStoreTarget(target) ? null : target.migrations;

import type { Window } from './window.ts';

/** What a window is about. Each list that is given must contain the subject's own; no list at all = everything of the tenant. */
export interface WindowScope {
  environmentIds?: readonly string[];
  appIds?: readonly string[];
  serviceIds?: readonly string[];
  tiers?: readonly string[];
  releaseConfigIds?: readonly string[];
  targets?: readonly ('APP_STORE' | 'PLAY_STORE' | 'WEB')[];
}

/** Whose exposure would grow; what a subject does not have, no list contains. */
export interface WindowSubjectScope {
  environmentId?: string;
  appId?: string;
  serviceId?: string;
  tier?: string;
  releaseConfigId?: string;
  target?: string;
}

export const onCloseActions = ['finish', 'pause', 'abort'] as const;
/** What becomes of what is under way when a window closes. */
export type OnClose = (typeof onCloseActions)[number];

export interface ScopedWindow extends Window {
  scope: WindowScope;
  onClose: OnClose;
}

/** Whether a window is about this subject. */
export function covers(scope: WindowScope, subject: WindowSubjectScope): boolean {
  const lists: readonly (readonly [readonly string[] | undefined, string | undefined])[] = [
    [scope.environmentIds, subject.environmentId],
    [scope.appIds, subject.appId],
    [scope.serviceIds, subject.serviceId],
    [scope.tiers, subject.tier],
    [scope.releaseConfigIds, subject.releaseConfigId],
    [scope.targets, subject.target],
  ];
  return lists.every(([among, own]) => among === undefined || (own !== undefined && among.includes(own)));
}

/** Of several that are closed, the one that asks for most decides. */
export const strictestOnClose = (windows: readonly { onClose: OnClose }[]): OnClose =>
  onCloseActions.findLast((action) => windows.some(({ onClose }) => onClose === action)) ?? 'finish';

// What a measure is called, what it is of, and which scale paints it: of a past election or of the estimate.
import { computed } from '@preact/signals';
import type { Election } from '../api/types';
import { decodePast, encodePast, type PastMeasure } from './layer';
import { GAP, ready, say, state, t } from './store';

/** A measure as the interface speaks of it. */
export interface Spec {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  readonly signed: boolean;
  readonly scale: string;
  readonly categorical: boolean;
  /** A change: where its interval holds 0 it is not clear. */
  readonly change: boolean;
  /** Of a measure of several elections: their names. */
  readonly named?: string;
}

/** The reading of past elections: the link's, else the snapshot's, else the default one. */
export const reading = computed(() => {
  const c = ready.value;
  const wanted = c?.readings.find((r) => r.id === state.value.reading)?.id;
  return wanted ?? c?.snapshot?.reading ?? c?.readings.find((r) => r.default)?.id ?? 'default';
});
/** Whether a reading says which lists of an election are whose: without that there are no groups, only a turnout. */
export const isRead = (e: Election): boolean => Object.keys(e.blocs).length > 0;
const NEEDS_BLOCS: readonly string[] = ['favourable', 'undecided', 'opposed', 'margin'];
/** The groups that an election has: those of blocs where it is read, turnout where somebody is registered. */
export const groupsOf = (e: Election): readonly string[] =>
  ['favourable', 'undecided', 'opposed', 'margin', 'turnout', 'abstainers'].filter((g) =>
    NEEDS_BLOCS.includes(g) ? isRead(e) : e.of === 'electors',
  );
/** The lists of an election, strongest first. */
export const byVotes = (e: Election): Election['lists'] =>
  [...e.lists].sort((a, b) => (e.total.lists[b.id] ?? 0) - (e.total.lists[a.id] ?? 0));
export const blocsOf = (e: Election) =>
  e.blocs[reading.value] ?? Object.values(e.blocs)[0] ?? { favourable: [], opposed: [] };

export function groupLabel(id: string): string {
  const c = ready.value;
  const r = c?.readings.find((x) => x.id === reading.value);
  if (id === 'undecided' && r?.undecided_label) return say(r.undecided_label);
  return say(c?.measures.find((m) => m.id === id)?.label) || id;
}

const ofElectors = (of: string | undefined) => t(of === 'voters' ? 'ofVoters' : 'ofElectors');

/** The past measure of an id; what an election cannot show becomes its list in the lead. */
export function pastMeasure(id: string, e: Election): PastMeasure {
  const m = decodePast(id, e);
  const has =
    m.kind === 'group' ? groupsOf(e).includes(m.group) : m.kind !== 'across' || acrossInfo(m.measure);
  return has ? m : { kind: 'lead' };
}

/** What the campaign says of base or reserve; undefined where it names no elections for it. */
export const acrossInfo = (id: string) => ready.value?.past_measures.find((m) => m.id === id);
/** The names of the elections that it is counted over. */
const namesOf = (ids: readonly string[]): string =>
  ids.map((id) => ready.value?.elections.find((e) => e.id === id)?.label ?? id).join(' · ');

export function pastSpec(e: Election, m: PastMeasure): Spec {
  const name = (id: string) => {
    const l = e.lists.find((x) => x.id === id);
    return l?.short ?? l?.label ?? id;
  };
  const id = encodePast(m);
  if (m.kind === 'across') return acrossSpec(m.measure);
  const unit = 'valid' in m && m.valid ? t('ofValid') : ofElectors(e.of);
  const blocs = blocsOf(e);
  switch (m.kind) {
    case 'list': {
      const scale = blocs.favourable.includes(m.list)
        ? 'favourable'
        : blocs.opposed.includes(m.list)
          ? 'opposed'
          : 'undecided';
      return { id, label: name(m.list), unit, signed: false, scale, categorical: false, change: false };
    }
    case 'difference':
      return {
        id,
        label: `${name(m.first)} − ${name(m.second)}`,
        unit: `${t('pointsOf')}, ${unit}`,
        signed: true,
        scale: 'margin',
        categorical: false,
        change: false,
      };
    case 'lead':
      return {
        id,
        label: t('lead'),
        unit,
        signed: false,
        scale: 'undecided',
        categorical: true,
        change: false,
      };
    case 'group': {
      const signed = m.group === 'margin';
      return {
        id,
        label: groupLabel(m.group),
        unit: signed ? `${t('pointsOf')}, ${unit}` : unit,
        signed,
        scale: m.group,
        categorical: false,
        change: false,
      };
    }
  }
}

export function acrossSpec(id: 'base' | 'reserve'): Spec {
  const info = acrossInfo(id);
  const signed = info?.signed ?? false;
  const named = namesOf(info?.elections ?? []);
  const unit = ofElectors(info?.of);
  return {
    id,
    label: say(info?.label) || id,
    unit: signed ? `${t('pointsOf')}, ${unit}` : unit,
    signed,
    scale: signed ? 'margin' : 'favourable',
    categorical: false,
    change: false,
    named,
  };
}

export function estimateSpec(id: string): Spec {
  const c = ready.value;
  if (id === GAP) {
    const unit = `${t('pointsOf')}, ${ofElectors(c?.of)}`;
    const scale = 'margin';
    return { id, label: t('gap'), unit, signed: true, scale, categorical: false, change: false };
  }
  const info = c?.measures.find((m) => m.id === id);
  const signed = info?.signed ?? false;
  const unit = ofElectors(c?.of);
  return {
    id,
    label: id === 'undecided' ? groupLabel(id) : say(info?.label) || id,
    unit: signed ? `${t('pointsOf')}, ${unit}` : unit,
    signed,
    scale: id,
    categorical: false,
    change: false,
  };
}

/** The measures whose change the server knows. */
export const CHANGES: readonly string[] = [...NEEDS_BLOCS, 'turnout', 'abstainers'];
/** Whether an election has a group in a reading, so that it can be compared. */
export const hasGroup = (e: Election, group: string, of: string): boolean =>
  NEEDS_BLOCS.includes(group) ? e.blocs[of] !== undefined : e.of === 'electors';

/** The change of a measure since `from`; `label` is the server's, where it is here. */
export const changeSpec = (s: Spec, from: { id: string; label: string }, label: string): Spec => ({
  ...s,
  id: `change:${from.id}:${s.id}`,
  label: label
    ? t('changeSince', { name: label, since: from.label })
    : t('changeOf', { name: s.label, since: from.label }),
  unit: s.unit.startsWith(t('pointsOf')) ? s.unit : `${t('pointsOf')}, ${s.unit}`,
  signed: true,
  scale: 'change',
  categorical: false,
  change: true,
});

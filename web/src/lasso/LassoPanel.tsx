// The panel of a lasso: its electors and their estimate, with the same figures as any area.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { failure, fetchLasso } from '../api/client';
import type { Figure, LassoEstimate, Remote } from '../api/types';
import { about, between, count, interval, points, share } from '../format/number';
import { creditOfEstimate } from '../get/sources';
import { Icon } from '../layout/icons';
import { type Line, lined, ProfileBar, Whiskers } from '../panel/AreaPanel';
import { PanelFrame } from '../panel/PanelFrame';
import { GROUPS } from '../state/layer';
import {
  chooseLasso,
  lang,
  lasso,
  lassoing,
  online,
  ready,
  say,
  snapshotId,
  spoken,
  state,
  t,
  whyNot,
} from '../state/store';
import { estimateSpec, type Spec } from '../state/view';
import { bodyOf, type Lasso } from './lasso';
import './lasso.css';
import { l } from './words';

const thousandths = (fraction: number) => Math.round(fraction * 1000);

/** A figure as an area's row shows it. */
function texts(f: Figure, s: Spec) {
  const [value, low, high] = [f.value, f.low, f.high].map(thousandths) as [number, number, number];
  const width = high - low;
  const of = lang.value;
  return {
    value: s.signed ? points(value, of, width) : share(value, of, { width }),
    interval: interval(low, high, of, s.signed),
    between: between(low, high, of, s.signed),
    line: { value, low, high },
  };
}

/** The measure that the panel opens with: the one on the map where it is estimated. */
function measureShown(e: LassoEstimate): string {
  const now = state.value.measure;
  return now in e.estimate ? now : 'favourable';
}

function Head({ e }: { e: LassoEstimate }) {
  const id = measureShown(e);
  const f = e.estimate[id];
  if (!f) return null;
  const s = estimateSpec(id);
  const own = texts(f, s);
  const whom = say(ready.value?.measures.find((m) => m.id === id)?.whom);
  const heads = (n: number | null) => (n === null ? '' : about(n, lang.value).replace('≈ ', ''));
  return (
    <div class="head">
      <span class="big">{own.value}</span>
      <span class="iv">
        {`${s.label}, ${s.unit}`}
        <br />
        {t('chanceBefore')} <b>{own.between}</b>
        {whom && f.people !== null ? (
          <>
            <br />
            {`≈ ${heads(f.people)} ${whom} (${heads(f.people_low)}–${heads(f.people_high)})`}
          </>
        ) : null}
      </span>
    </div>
  );
}

function Lines({ e }: { e: LassoEstimate }) {
  const lines: Line[] = lined().flatMap((id) => {
    const f = e.estimate[id];
    if (!f) return [];
    const s = estimateSpec(id);
    const own = texts(f, s);
    return [{ id, label: s.label, text: own.value, interval: own.interval, ...own.line }];
  });
  const profile = GROUPS.flatMap((g) => (e.estimate[g] ? [thousandths(e.estimate[g].value)] : []));
  return (
    <>
      {profile.length === GROUPS.length ? <ProfileBar profile={profile} /> : null}
      {lines.length > 0 ? <Whiskers lines={lines} /> : null}
    </>
  );
}

const voters = () => ready.value?.of === 'voters';

function Answer({ e }: { e: LassoEstimate }) {
  const n = (people: number) => count(people, lang.value);
  const areas = ready.value?.levels.at(-1);
  return (
    <>
      {e.drawn > 0 ? (
        <p class="sub">
          {t(voters() ? 'votersN' : 'electors', { n: n(e.drawn) })}
          {e.cut > 0 ? `, ${l('cut', { n: about(e.cut, lang.value).replace('≈ ', '') })}` : ''}
        </p>
      ) : null}
      {areas && e.areas > 1 && !e.widened ? <p class="sub">{l('inAreas', { n: n(e.areas) })}</p> : null}
      {e.said ? (
        <p class="notice">
          {say(e.said)} {e.widened ? l(voters() ? 'shownForVoters' : 'shownFor', { n: n(e.electors) }) : ''}
        </p>
      ) : null}
      <Head e={e} />
      <Lines e={e} />
    </>
  );
}

/** The outline with its figures as a file, made of what is shown. */
function Save({ shape, e }: { shape: Lasso; e: LassoEstimate }) {
  if (shape.kind !== 'outline') return null;
  const save = () => {
    const figures = Object.entries(e.estimate).flatMap(([id, f]) => [
      [id, f.value],
      [`${id}_low`, f.low],
      [`${id}_high`, f.high],
    ]);
    const properties = {
      electors: e.electors,
      drawn: e.drawn,
      widened: e.widened,
      ...Object.fromEntries(figures),
    };
    const quartier = { snapshot: e.snapshot, of: e.of, said: e.said, credit: creditOfEstimate() };
    const file = { type: 'Feature', geometry: bodyOf(shape), properties, quartier };
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([JSON.stringify(file)], { type: 'application/geo+json' }));
    link.download = 'quartier-lasso.geojson';
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <button type="button" class="btn" onClick={save}>
      {l('save')}
    </button>
  );
}

export default function LassoPanel() {
  const shape = lasso.value;
  const snapshot = snapshotId.value;
  const answer = useSignal<Remote<LassoEstimate>>({ kind: 'loading' });
  const body = shape ? JSON.stringify(bodyOf(shape)) : null;
  const title = !shape
    ? ''
    : shape.kind === 'outline'
      ? l('title')
      : l(shape.codes.length === 1 ? 'area' : 'areas', { n: count(shape.codes.length, lang.value) });
  useEffect(() => {
    if (body === null || snapshot === null) return;
    let current = true;
    answer.value = { kind: 'loading' };
    fetchLasso(body, snapshot).then(
      (value) => {
        if (current) answer.value = { kind: 'ready', value };
      },
      (e: unknown) => {
        if (current) answer.value = failure(e);
      },
    );
    return () => {
      current = false;
    };
  }, [body, snapshot, online.value]);
  const a = answer.value;
  useEffect(() => {
    if (a.kind !== 'ready') return;
    const id = measureShown(a.value);
    const f = a.value.estimate[id];
    const own = f && texts(f, estimateSpec(id));
    spoken.value = t('selected', {
      name: title,
      value: own?.value ?? '',
      detail: own ? t('chance', { range: own.between }) : say(a.value.said),
    });
  }, [a]);
  if (!shape) return null;
  return (
    <PanelFrame>
      <div class="scroll">
        <div class="crumb">
          <span>{l(shape.kind === 'outline' ? 'kind' : 'choice')}</span>
          <button type="button" class="tool" aria-label={t('close')} onClick={() => chooseLasso(null)}>
            <Icon name="close" />
          </button>
        </div>
        <h2>{title}</h2>
        {a.kind === 'ready' ? (
          <Answer e={a.value} />
        ) : a.kind === 'loading' ? (
          <div class="skeleton" role="progressbar" aria-label={l('asked')} />
        ) : (
          <p class="notice error" role="alert">
            {online.value ? whyNot(a) : l('needsNetwork')}
          </p>
        )}
      </div>
      <footer class="do">
        {shape.kind === 'outline' ? (
          <button
            type="button"
            class="btn"
            onClick={() => {
              chooseLasso(null);
              lassoing.value = true;
            }}
          >
            {l('again')}
          </button>
        ) : null}
        {a.kind === 'ready' ? <Save shape={shape} e={a.value} /> : null}
      </footer>
    </PanelFrame>
  );
}

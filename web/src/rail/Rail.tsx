// The left rail: source, election, measures, level, uncertainty, classes, downloads.
import type { ComponentChildren } from 'preact';
import { ramp } from '../colour/palette';
import { CompareSection } from '../compare/CompareSection';
import { day, number } from '../format/number';
import { Icon } from '../layout/icons';
import { More } from '../layout/More';
import { encodePast } from '../state/layer';
import {
  autoLevel,
  change,
  chooseLevel,
  chooseMeasure,
  chooseSource,
  election,
  GAP,
  isolated,
  lang,
  levelsToPick,
  ready,
  say,
  state,
  t,
  theme,
} from '../state/store';
import {
  acrossSpec,
  byVotes,
  campaignText,
  classes,
  counted,
  estimateSpec,
  groupLabel,
  groupsOf,
  isRead,
  past,
  pastSpec,
  reading,
  type Spec,
  spec,
} from '../state/view';

export function Ramp({ scale }: { scale: string }) {
  return (
    <svg class="ramp" viewBox="0 0 60 12" preserveAspectRatio="none" aria-hidden="true">
      {ramp(scale, theme.value).six.map((c, i) => (
        <rect key={c} x={i * 10} width="10.2" height="12" fill={c} />
      ))}
    </svg>
  );
}

function MeasureRow({ s, gap }: { s: Spec; gap?: boolean }) {
  // A change is of the measure whose id it ends with.
  const on = spec.value.change ? spec.value.id.endsWith(`:${s.id}`) : spec.value.id === s.id;
  return (
    <li class={gap ? 'gap' : ''}>
      <button type="button" aria-pressed={on} onClick={() => chooseMeasure(s.id)}>
        {s.categorical ? <span class="ramp" /> : <Ramp scale={s.scale} />}
        <span class="name">{s.label}</span>
        <span class="v">{campaignText(s.id, s)}</span>
      </button>
    </li>
  );
}

export function Segmented({
  label,
  names = false,
  children,
}: {
  label: string;
  names?: boolean;
  children: ComponentChildren;
}) {
  return (
    <fieldset class={names ? 'seg names' : 'seg'}>
      <legend class="hidden">{label}</legend>
      {children}
    </fieldset>
  );
}

function EstimateMeasures() {
  const ids = ready.value?.measures.map((m) => m.id) ?? [];
  const order = [
    'favourable',
    'undecided',
    'opposed',
    'margin',
    'turnout',
    'abstainers',
    'persuasion',
    'mobilisation',
  ];
  const shown = [
    ...order.filter((id) => ids.includes(id)),
    ...ids.filter((id) => !order.includes(id)),
    ...(state.value.goal ? [GAP] : []),
  ];
  const now = ready.value?.measures.find((m) => m.id === state.value.measure);
  return (
    <>
      <ul class="measures">
        {shown.map((id) => (
          <MeasureRow
            key={id}
            s={estimateSpec(id)}
            gap={id === 'turnout' || id === 'persuasion' || id === GAP}
          />
        ))}
      </ul>
      {now && !spec.value.change ? <p class="note">{say(now.sentence)}</p> : null}
      {state.value.measure === GAP ? <p class="note">{t('gapNote')}</p> : null}
    </>
  );
}

function PastMeasures() {
  const e = election.value!;
  const m = past.value!;
  const valid = 'valid' in m && m.valid;
  const [one, two] = byVotes(e);
  const [a, b] = m.kind === 'difference' ? [m.first, m.second] : [one?.id ?? '', two?.id ?? ''];
  const counts = state.value.counts;
  /** Votes are circles; shares are of electors or of valid votes. */
  const setBase = (of: 'electors' | 'valid' | 'votes') => {
    const v = of === 'votes' ? valid : of === 'valid';
    const now = m.kind === 'list' || m.kind === 'difference' ? m : null;
    const next = now ? { ...now, valid: v } : one ? ({ kind: 'list', list: one.id, valid: v } as const) : m;
    isolated.value = new Set();
    change({ measure: encodePast(next), counts: of === 'votes' }, true);
  };
  const differ = (first: string, second: string) =>
    chooseMeasure(encodePast({ kind: 'difference', first, second, valid }));
  const groups = groupsOf(e);
  const lists = byVotes(e);
  const undecided = groupLabel('undecided');
  const picker = (label: string, value: string, on: (id: string) => void) => (
    <select aria-label={label} value={value} onChange={(ev) => on(ev.currentTarget.value)}>
      {lists.map((l) => (
        <option key={l.id} value={l.id}>
          {l.short ?? l.label}
        </option>
      ))}
    </select>
  );
  return (
    <>
      <p class="eyebrow">
        <span>{t('groups')}</span>
        <span>{t(e.of === 'voters' ? 'ofVoters' : 'ofElectors')}</span>
      </p>
      <ul class="measures">
        {groups.map((g) => (
          <MeasureRow
            key={g}
            s={pastSpec(e, { kind: 'group', group: g as 'margin' })}
            gap={g === 'turnout'}
          />
        ))}
      </ul>
      <Across />
      <ReadingPicker />
      <p class="note">{isRead(e) ? t('undecidedHolds', { label: undecided }) : t('notRead', { id: e.id })}</p>
      <p class="eyebrow lists">
        <span>{t('lists')}</span>
      </p>
      <Segmented label={t('base')} names>
        <button type="button" aria-pressed={!valid && !counts} onClick={() => setBase('electors')}>
          {t(e.of === 'voters' ? 'ofVoters' : 'ofElectors')}
        </button>
        <button type="button" aria-pressed={valid && !counts} onClick={() => setBase('valid')}>
          {t('ofValid')}
        </button>
        <button type="button" aria-pressed={counts} onClick={() => setBase('votes')}>
          {t('ofVotes')}
        </button>
      </Segmented>
      <ul class="measures">
        <MeasureRow s={pastSpec(e, { kind: 'lead' })} />
        {lists.map((l) => (
          <MeasureRow key={l.id} s={pastSpec(e, { kind: 'list', list: l.id, valid })} />
        ))}
      </ul>
      {e.lists.length > 1 ? (
        <div class="differ">
          <button
            type="button"
            class={`pick ${m.kind === 'difference' ? 'on' : ''}`}
            aria-pressed={m.kind === 'difference'}
            onClick={() => differ(a, b)}
          >
            <Ramp scale="margin" />
            {t('difference')}
          </button>
          <div>
            {picker(t('first'), a, (id) => differ(id, b))}
            <span aria-hidden="true">−</span>
            {picker(t('second'), b, (id) => differ(a, id))}
          </div>
        </div>
      ) : null}
    </>
  );
}

/** Base and reserve, where the campaign names the elections that they are counted over. */
function Across() {
  const infos = ready.value?.past_measures ?? [];
  if (infos.length === 0) return null;
  const on = infos.find((m) => m.id === spec.value.id);
  return (
    <>
      <p class="eyebrow lists">
        <span>{t('across')}</span>
      </p>
      <ul class="measures">
        {infos.map((m) => (
          <MeasureRow key={m.id} s={acrossSpec(m.id)} />
        ))}
      </ul>
      {on ? <p class="note">{`${say(on.sentence)} ${spec.value.named}`}</p> : null}
    </>
  );
}

/** Which reading says whose side a list is on, where the campaign has several. */
function ReadingPicker() {
  const readings = ready.value?.readings ?? [];
  if (readings.length < 2) return null;
  return (
    <select
      class="elections"
      aria-label={t('reading')}
      value={reading.value}
      onChange={(ev) => change({ reading: ev.currentTarget.value }, true)}
    >
      {readings.map((r) => (
        <option
          key={r.id}
          value={r.id}
        >{`${t('reading')}${lang.value === 'fr' ? ' :' : ':'} ${say(r.label) || r.id}`}</option>
      ))}
    </select>
  );
}

export function LevelPicker() {
  const locked = state.value.level;
  return (
    <Segmented label={t('level')} names>
      <button type="button" aria-pressed={locked === null} onClick={() => chooseLevel(null)}>
        {t('auto')}
      </button>
      {levelsToPick.value.map((l) => (
        <button
          key={l.id}
          type="button"
          aria-pressed={locked === l.id}
          class={locked === null && autoLevel.value === l.id ? 'following' : ''}
          title={say(l.label)}
          onClick={() => chooseLevel(l.id)}
        >
          {say(l.label)}
        </button>
      ))}
    </Segmented>
  );
}

export function Rail({ onDownload }: { onDownload: () => void }) {
  const c = ready.value;
  if (!c) return <aside class="rail" aria-busy="true" />;
  const e = election.value;
  const k = classes.value;
  const last = [...c.elections].sort((x, y) => x.date.localeCompare(y.date)).at(-1);
  return (
    <aside class="rail" aria-label={t('measure')}>
      <div class="scroll">
        <section>
          <Segmented label={t('mode')}>
            <button
              type="button"
              aria-pressed={e !== null}
              disabled={!last}
              onClick={() => e === null && chooseSource(c.snapshot?.baseline ?? last?.id ?? null)}
            >
              {t('past')}
            </button>
            <button
              type="button"
              aria-pressed={e === null}
              disabled={!c.snapshot}
              onClick={() => chooseSource(null)}
            >
              {t('estimate')}
            </button>
          </Segmented>
          {e ? (
            <select
              class="elections"
              aria-label={t('election')}
              value={e.id}
              onChange={(ev) => chooseSource(ev.currentTarget.value)}
            >
              {c.elections.map((x) => (
                <option key={x.id} value={x.id}>{`${x.label} · ${day(x.date, lang.value)}`}</option>
              ))}
            </select>
          ) : null}
        </section>
        <section>
          {e ? (
            <PastMeasures />
          ) : (
            <>
              <p class="eyebrow">
                <span>{t('measure')}</span>
                <span>{c.name}</span>
              </p>
              <EstimateMeasures />
            </>
          )}
        </section>
        <section class="desk">
          <p class="eyebrow">
            <span>{t('level')}</span>
            <span>{t(state.value.level === null ? 'followsZoom' : 'locked')}</span>
          </p>
          <LevelPicker />
        </section>
        {e ? null : (
          <section>
            <label class="row">
              <b>{t('showUncertainty')}</b>
              <input
                type="checkbox"
                role="switch"
                aria-checked={state.value.uncertainty}
                class="switch"
                checked={state.value.uncertainty}
                onChange={(ev) => change({ uncertainty: ev.currentTarget.checked })}
              />
            </label>
            <p class="note">{t('uncertaintyNote')}</p>
          </section>
        )}
        <CompareSection />
        <section>
          <p class="eyebrow">
            <span>{t('classes')}</span>
            <span>{t('sameClasses')}</span>
          </p>
          <p class="classes">
            {spec.value.categorical
              ? t('classesLists')
              : t('classesOf', {
                  n: k.edges.length + 1,
                  step: number(
                    k.step * 100,
                    lang.value,
                    Number.isInteger(Math.round(k.step * 1000) / 10) ? 0 : 1,
                  ),
                })}
          </p>
          {e ? <p class="note">{t(`${counted()}Note`)}</p> : null}
        </section>
        <More />
      </div>
      <section class="foot">
        <button type="button" class="btn" onClick={onDownload}>
          <Icon name="down" />
          {t('download')}
        </button>
        <button type="button" class="btn" onClick={() => change({ mode: 'print' }, true)}>
          <Icon name="print" />
          {t('print')}
        </button>
      </section>
    </aside>
  );
}

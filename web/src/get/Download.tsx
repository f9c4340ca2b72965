// The downloads: format, level, scope; rows and size before the click, the credit to copy. Intervals always go along.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { downloadUrl, type Format, fetchDownload } from '../api/client';
import type { DownloadSize } from '../api/types';
import { count } from '../format/number';
import { Icon } from '../layout/icons';
import { Sheet } from '../layout/Sheet';
import {
  allLevels,
  election,
  lang,
  level,
  online,
  ready,
  resolutionOf,
  say,
  snapshotId,
  state,
  t,
} from '../state/store';
import { byVotes, estimateSpec, past, selection, spec } from '../state/view';
import './get.css';
import { boxText, sizeText } from './size';
import { credit } from './sources';
import { w } from './words';

const FORMATS = ['geojson', 'csv', 'csv-fr'] as const;
type Scope = 'area' | 'all' | 'within' | 'view';

/** What the map shows, west, south, east, north; null where there is no map. */
function shownBox(): readonly [number, number, number, number] | null {
  const map = (window as { quartierMap?: { getBounds(): { toArray(): number[][] } } }).quartierMap;
  const b = map?.getBounds().toArray().flat();
  return b?.length === 4 ? [b[0]!, b[1]!, b[2]!, b[3]!] : null;
}

function Credit() {
  const copied = useSignal(false);
  const text = credit();
  return (
    <section class="credit">
      <h3>{w('licence')}</h3>
      <p>{text}</p>
      <button
        type="button"
        class="btn"
        onClick={() => {
          navigator.clipboard?.writeText(text).then(
            () => {
              copied.value = true;
            },
            () => undefined,
          );
        }}
      >
        {w('copy')}
      </button>
      <span role="status">{copied.value ? w('copied') : ''}</span>
    </section>
  );
}

export default function Download() {
  const c = ready.value!;
  const e = election.value;
  const s = selection.value;
  const format = useSignal<Format>('geojson');
  const picked = useSignal<string | null>(null);
  const at = { value: picked.value ?? level.value?.id ?? c.levels[0]!.id };
  const scope = useSignal<Scope>(s ? 'area' : 'all');
  // Measures or lists left out; none: the file has all of them.
  const without = useSignal<ReadonlySet<string>>(new Set());
  // Beside what it is the size of, so that the size of one question never stands under another.
  const size = useSignal<{ readonly url: string; readonly value: DownloadSize } | null>(null);
  const box = shownBox();
  // Hexagons are inside any area, as if they were finer than every level.
  const depth = (id: string | undefined) =>
    id === c.hexes?.id ? c.levels.length : c.levels.findIndex((l) => l.id === id);
  // The areas inside the chosen one, or it alone where the level is its own.
  const inside = s ? depth(at.value) - depth(s.level) : -1;
  const here: Scope | null = s && inside >= 0 ? (inside === 0 ? 'area' : 'within') : null;
  const now: Scope = scope.value === 'area' || scope.value === 'within' ? (here ?? 'all') : scope.value;
  const across = past.value?.kind === 'across' ? past.value.measure : null;
  // The measures of an estimate, the lists of an election; base and reserve are one figure.
  const choices: readonly { readonly id: string; readonly label: string }[] = across
    ? []
    : e
      ? byVotes(e).map((l) => ({ id: l.id, label: l.short ?? l.label }))
      : c.measures.map((m) => ({ id: m.id, label: estimateSpec(m.id).label }));
  const kept = choices.filter((m) => !without.value.has(m.id));
  const ask = {
    election: e?.id ?? null,
    past: across,
    snapshot: e ? state.value.snapshot : snapshotId.value,
    level: at.value,
    resolution: resolutionOf(at.value),
    within: now === here && s ? `${s.level}:${s.code}` : null,
    bbox: now === 'view' && box ? boxText(box) : null,
    columns: without.value.size > 0 && kept.length < choices.length ? kept.map((m) => m.id) : null,
    format: format.value,
  };
  const url = downloadUrl(ask);
  useEffect(() => {
    let current = true;
    fetchDownload(ask).then(
      (value) => {
        if (current) size.value = { url, value };
      },
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [url]);
  const known = size.value?.url === url ? size.value.value : null;
  const bytes = known ? sizeText(known.bytes, lang.value) : null;
  const scopes: readonly (readonly [Scope, string])[] = [
    ...(s && here
      ? [[here, w(here === 'area' ? 'alone' : 'within', { name: s.areas.names[s.row]! })] as const]
      : []),
    ['all', w('all')],
    ...(box ? [['view', w('view')] as const] : []),
  ];
  return (
    <Sheet title={w('title')}>
      <p class="sub">{e ? (spec.value.named ?? e.label) : `${t('estimate')} · ${c.name}`}</p>
      <fieldset>
        <legend>{w('format')}</legend>
        {FORMATS.map((id) => (
          <label key={id}>
            <input
              type="radio"
              name="format"
              value={id}
              checked={format.value === id}
              onChange={() => {
                format.value = id;
              }}
            />
            {w(id)}
          </label>
        ))}
      </fieldset>
      <label class="field">
        <span>{w('level')}</span>
        <select
          value={at.value}
          onChange={(ev) => {
            picked.value = ev.currentTarget.value;
          }}
        >
          {allLevels.value.map((l) => (
            <option key={l.id} value={l.id}>
              {say(l.label)}
            </option>
          ))}
        </select>
      </label>
      <fieldset>
        <legend>{w('scope')}</legend>
        {scopes.map(([id, text]) => (
          <label key={id}>
            <input
              type="radio"
              name="scope"
              checked={now === id}
              onChange={() => {
                scope.value = id;
              }}
            />
            {text}
          </label>
        ))}
      </fieldset>
      {across ? (
        <section class="columns">
          <h3>{w('columns')}</h3>
          <p class="note">{w('columnsPast')}</p>
        </section>
      ) : (
        <fieldset class="columns">
          <legend>{w('columns')}</legend>
          <p class="note">{w(e ? 'columnsPastFirst' : 'columnsFirst')}</p>
          <div class="ticks">
            {choices.map((m) => (
              <label key={m.id}>
                <input
                  type="checkbox"
                  name="columns"
                  value={m.id}
                  checked={!without.value.has(m.id)}
                  // A file of no figure is none.
                  disabled={kept.length === 1 && kept[0]?.id === m.id}
                  onChange={(ev) => {
                    const next = new Set(without.value);
                    if (ev.currentTarget.checked) next.delete(m.id);
                    else next.add(m.id);
                    without.value = next;
                  }}
                />
                {m.label}
              </label>
            ))}
          </div>
          {e ? null : <p class="note">{w('always')}</p>}
        </fieldset>
      )}
      <Credit />
      {online.value ? (
        <>
          <p class="size" role="status">
            {known && bytes
              ? known.areas === 0
                ? w('none')
                : w(known.rows === 1 ? 'one' : 'size', {
                    n: count(known.rows, lang.value),
                    size: w(bytes.unit, { n: bytes.n }),
                  })
              : w('counting')}
          </p>
          <a
            class="btn primary"
            href={url}
            download={`quartier-${at.value}.${format.value === 'geojson' ? 'geojson' : 'csv'}`}
          >
            <Icon name="down" />
            {t('download')}
          </a>
          <p class="note">{w('logged')}</p>
        </>
      ) : (
        <p class="notice">{t('offlineDownload')}</p>
      )}
    </Sheet>
  );
}

// The downloads: format and scope, then a plain link to the API. Intervals always go along.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { downloadUrl, type Format } from '../api/client';
import { election, level, online, say, snapshotId, state, t } from '../state/store';
import { selection, spec } from '../state/view';
import { Icon } from './icons';

export function Download({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const format = useSignal<Format>('geojson');
  const inside = useSignal(false);
  useEffect(() => dialog.current?.showModal(), []);
  const s = selection.value;
  const lv = level.value;
  if (!lv) return null;
  const url = downloadUrl({
    election: election.value?.id ?? null,
    snapshot: snapshotId.value,
    level: lv.id,
    within: inside.value && s ? `${s.level}:${s.code}` : null,
    format: format.value,
  });
  const formats = [
    ['geojson', 'fmtGeojson'],
    ['csv', 'fmtCsv'],
    ['csv-fr', 'fmtCsvFr'],
  ] as const;
  const label = say(lv.label).toLocaleLowerCase(state.value.lang);
  return (
    <dialog ref={dialog} class="card" onClose={onClose} aria-labelledby="download-title">
      <header>
        <h2 id="download-title">{t('download')}</h2>
        <button type="button" class="tool" aria-label={t('close')} onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </button>
      </header>
      <p class="sub">{election.value ? election.value.label : `${spec.value.label}, ${spec.value.unit}`}</p>
      <fieldset>
        <legend>{t('format')}</legend>
        {formats.map(([id, text]) => (
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
            {t(text)}
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>{t('scope')}</legend>
        <label>
          <input
            type="radio"
            name="scope"
            checked={!inside.value}
            onChange={() => {
              inside.value = false;
            }}
          />
          {t('scopeAll', { level: label })}
        </label>
        {s && s.level !== lv.id ? (
          <label>
            <input
              type="radio"
              name="scope"
              checked={inside.value}
              onChange={() => {
                inside.value = true;
              }}
            />
            {t('scopeWithin', { name: s.areas.names[s.row]! })}
          </label>
        ) : null}
      </fieldset>
      {election.value ? null : <p class="note">{t('intervalsAlong')}</p>}
      {online.value ? (
        <a
          class="btn primary"
          href={url}
          download={`quartier-${lv.id}.${format.value === 'geojson' ? 'geojson' : 'csv'}`}
        >
          <Icon name="down" />
          {t('download')}
        </a>
      ) : (
        <p class="notice">{t('offlineDownload')}</p>
      )}
    </dialog>
  );
}

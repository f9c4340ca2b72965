// The page: top bar, rail, map, panel, drawer; on a phone, one of them at a time above a bar of four.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Textures } from '../legend/Legend';
import { MapPane } from '../map/MapPane';
import { PanelFrame } from '../panel/PanelFrame';
import { Rail } from '../rail/Rail';
import {
  announcedSnapshot,
  campaign,
  change,
  lasso,
  online,
  openSheet,
  ready,
  sheet,
  snapshotId,
  spoken,
  start,
  state,
  t,
  tableOpen,
  whyNot,
} from '../state/store';
import { selection } from '../state/view';
import { Drawer } from '../table/Table';
import { TopBar } from '../top/TopBar';
import { Icon } from './icons';
import { Lazy } from './Lazy';
import { More } from './More';
import { areaPanel, Sheets } from './Sheets';

function Banners() {
  const c = ready.value;
  const fresh = announcedSnapshot.value;
  return (
    <div class="banners">
      {online.value ? null : (
        <p class="banner" role="status">
          {t('offline')}
        </p>
      )}
      {fresh !== null ? (
        <p class="banner" role="status">
          {t('published', { n: fresh })}
          <button
            type="button"
            class="btn primary"
            onClick={() => {
              announcedSnapshot.value = null;
              change({ snapshot: null, election: null });
              void start();
            }}
          >
            {t('showIt')}
          </button>
          <button
            type="button"
            class="btn"
            onClick={() => {
              announcedSnapshot.value = null;
              change({ snapshot: snapshotId.value }, true);
            }}
          >
            {t('stay', { n: snapshotId.value ?? '–' })}
          </button>
        </p>
      ) : null}
      {c && c.levels.length > 0 && !c.snapshot && c.elections.length === 0 ? (
        <p class="banner" role="status">
          <b>{t('nothing')}.</b> {t('nothingHow')}
        </p>
      ) : null}
    </div>
  );
}

function Empty() {
  return (
    <PanelFrame>
      <div class="empty">
        <h2>{t('chooseArea')}</h2>
        <p>{t('chooseHint')}</p>
        <More />
      </div>
    </PanelFrame>
  );
}

const priorities = () => import('../field/Priorities');
const lassoPanel = () => import('../lasso/LassoPanel');
const meeting = () => import('../meeting/MeetingBar');
const candidate = () => import('../candidate/Candidate');
const print = () => import('../get/PrintView');

export function App() {
  const menu = useSignal(false);
  useEffect(() => {
    const onEscape = (e: KeyboardEvent) => {
      if (e.key !== 'Escape' || document.querySelector('dialog[open]')) return;
      menu.value = false;
    };
    addEventListener('keydown', onEscape);
    return () => removeEventListener('keydown', onEscape);
  }, []);
  useEffect(() => {
    document.title = ready.value ? `${ready.value.name} · Quartier` : 'Quartier';
  }, [ready.value?.name]);
  const c = campaign.value;
  if (c.kind === 'failed') {
    return (
      <div class="app lone">
        <TopBar />
        <main class="failure">
          <p class="banner error" role="alert">
            {whyNot(c)}
            <button type="button" class="btn" onClick={() => void start()}>
              {t('retry')}
            </button>
          </p>
        </main>
      </div>
    );
  }
  // Before the first publication there is no level to look at.
  if (c.kind === 'ready' && c.value.levels.length === 0) {
    return (
      <div class="app lone">
        <TopBar />
        <main class="failure">
          <div class="empty">
            <h2>{t('nothing')}</h2>
            <p>{t('nothingHow')}</p>
          </div>
        </main>
        <Banners />
      </div>
    );
  }
  const field = state.value.tab === 'field';
  const area = selection.value !== null;
  const outlined = !area && !field && lasso.value !== null;
  const mode = state.value.mode;
  if (c.kind === 'ready' && mode !== null && mode !== 'meeting')
    return <Lazy key={mode} load={mode === 'print' ? print : candidate} />;
  const openDownload = () => openSheet('get');
  return (
    <div
      class={`app ${mode === 'meeting' ? 'meeting' : ''} ${field ? 'fielded' : ''} ${area || outlined ? 'chosen' : ''} ${menu.value ? 'menu-open' : ''} ${tableOpen.value ? 'tabled' : ''} sheet-${sheet.value}`}
    >
      <button
        type="button"
        class="skip"
        onClick={() => {
          tableOpen.value = true;
        }}
      >
        {t('skip')}
      </button>
      <Textures />
      <TopBar />
      <div class="rail-place">
        <Rail onDownload={openDownload} />
      </div>
      {c.kind === 'ready' ? (
        <div class="map-place">
          <MapPane />
          <Drawer />
        </div>
      ) : (
        <main class="map-place">
          <div class="progress" role="progressbar" aria-label={t('loading')} />
        </main>
      )}
      <div class="panel-place">
        {field ? (
          <Lazy load={priorities} />
        ) : area ? (
          <Lazy load={areaPanel} />
        ) : outlined ? (
          <Lazy load={lassoPanel} />
        ) : (
          <Empty />
        )}
      </div>
      <Banners />
      <nav class="bottom" aria-label={t('menu')}>
        <button
          type="button"
          aria-current={!field && !tableOpen.value ? 'page' : undefined}
          onClick={() => {
            tableOpen.value = false;
            menu.value = false;
            change({ tab: 'map' });
          }}
        >
          <Icon name="map" />
          {t('map')}
        </button>
        <button
          type="button"
          aria-current={!field && tableOpen.value ? 'page' : undefined}
          onClick={() => {
            tableOpen.value = true;
            menu.value = false;
            change({ tab: 'map' });
          }}
        >
          <Icon name="table" />
          {t('table')}
        </button>
        <button
          type="button"
          aria-current={field ? 'page' : undefined}
          onClick={() => {
            tableOpen.value = false;
            menu.value = false;
            change({ tab: 'field' });
          }}
        >
          <Icon name="flag" />
          {t('field')}
        </button>
        <button
          type="button"
          onClick={() => {
            menu.value = !menu.value;
          }}
          aria-expanded={menu.value}
        >
          <Icon name="menu" />
          {t('menu')}
        </button>
        <button type="button" onClick={openDownload}>
          <Icon name="down" />
          {t('get')}
        </button>
      </nav>
      {mode === 'meeting' ? <Lazy load={meeting} /> : null}
      <Sheets />
      <p class="hidden" aria-live="polite">
        {spoken.value}
      </p>
    </div>
  );
}

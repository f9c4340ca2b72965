// The top bar: wordmark, campaign, search, tabs, publication, language, theme.

import { day } from '../format/number';
import { Icon } from '../layout/icons';
import { change, lang, ready, state, t, theme, toggleTheme } from '../state/store';
import { Search } from './Search';

export function TopBar() {
  const c = ready.value;
  const s = c?.snapshot;
  return (
    <header class="top">
      <h1 class="word">Quartier</h1>
      <p class="camp">
        <b>{c?.name}</b>
        {c?.demo ? <span>{` · ${t('invented')}`}</span> : null}
      </p>
      <Search />
      <nav class="tabs wide" aria-label={t('menu')}>
        {(['map', 'field'] as const).map((tab) => (
          <button
            key={tab}
            type="button"
            aria-current={state.value.tab === tab ? 'page' : undefined}
            onClick={() => change({ tab }, true)}
          >
            {t(tab)}
          </button>
        ))}
      </nav>
      {s ? (
        <span class="chip">
          {t('publication', { n: state.value.snapshot ?? s.id, date: day(s.published_at, lang.value) })}
        </span>
      ) : null}
      <button
        type="button"
        class="tool"
        lang={lang.value === 'fr' ? 'en' : 'fr'}
        aria-label={`${lang.value.toUpperCase()} – ${t('language')}`}
        onClick={() => change({ lang: lang.value === 'fr' ? 'en' : 'fr' })}
      >
        {lang.value.toUpperCase()}
      </button>
      <button
        type="button"
        class="tool"
        aria-label={t('theme')}
        aria-pressed={theme.value === 'dark'}
        onClick={toggleTheme}
      >
        <Icon name={theme.value === 'dark' ? 'sun' : 'moon'} />
      </button>
    </header>
  );
}

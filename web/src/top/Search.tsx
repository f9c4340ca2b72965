// Search by name or code: 150 ms after the last key, grouped by level, a combobox by the ARIA pattern.
import { useEffect, useRef, useState } from 'preact/hooks';
import { searchAreas } from '../api/client';
import type { FoundArea } from '../api/types';
import { count } from '../format/number';
import { Icon } from '../layout/icons';
import { goTo } from '../state/go';
import { lang, ready, say, t } from '../state/store';

const WAIT_MS = 150;

export function Search() {
  const [query, setQuery] = useState('');
  const [found, setFound] = useState<readonly FoundArea[] | null>(null);
  const [active, setActive] = useState(0);
  const [open, setOpen] = useState(false);
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => {
    const slash = (e: KeyboardEvent) => {
      const el = e.target as HTMLElement;
      if (e.key !== '/' || e.ctrlKey || e.metaKey || el.closest('input, textarea, select, [contenteditable]'))
        return;
      e.preventDefault();
      setOpen(true);
      input.current?.focus();
    };
    addEventListener('keydown', slash);
    return () => removeEventListener('keydown', slash);
  }, []);
  useEffect(() => {
    if (query.trim() === '') {
      setFound(null);
      return;
    }
    let current = true;
    const timer = setTimeout(() => {
      searchAreas(query.trim()).then(
        (areas) => {
          if (!current) return;
          setFound(areas);
          setActive(0);
        },
        () => current && setFound([]),
      );
    }, WAIT_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [query]);

  const c = ready.value;
  const levels = c ? [...c.levels, ...c.groupings] : [];
  const ordered = levels.flatMap((l) => (found ?? []).filter((a) => a.level === l.id));
  const clear = () => {
    setQuery('');
    setFound(null);
    setOpen(false);
  };
  const choose = (a: FoundArea | undefined) => {
    if (!a) return;
    clear();
    goTo({ level: a.level, code: a.code });
    input.current?.blur();
  };
  const onKeyDown = (e: KeyboardEvent) => {
    if (e.key === 'Escape') {
      clear();
      input.current?.blur();
    } else if (e.key === 'Enter') {
      choose(ordered[active]);
    } else if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      const n = Math.max(1, ordered.length);
      setActive((active + (e.key === 'ArrowDown' ? 1 : n - 1)) % n);
    }
  };
  const shown = found !== null && query.trim() !== '';
  return (
    <search class={`search ${open ? 'open' : ''}`}>
      <button
        type="button"
        class="tool narrow"
        aria-label={t('searchLabel')}
        onClick={() => {
          setOpen(true);
          setTimeout(() => input.current?.focus());
        }}
      >
        <Icon name="search" />
      </button>
      <div class="box">
        <Icon name="search" />
        <input
          ref={input}
          type="text"
          role="combobox"
          aria-label={t('search')}
          aria-expanded={shown}
          aria-controls="found"
          aria-autocomplete="list"
          aria-activedescendant={shown && ordered[active] ? `found-${active}` : undefined}
          placeholder={t('search')}
          autocomplete="off"
          value={query}
          onInput={(e) => setQuery(e.currentTarget.value)}
          onKeyDown={onKeyDown}
          onBlur={() => setTimeout(() => setOpen(false), 200)}
        />
        <kbd>/</kbd>
      </div>
      <div class="found" id="found" role="listbox" aria-label={t('searchLabel')} hidden={!shown}>
        {shown && ordered.length === 0 ? (
          <p role="option" aria-selected="false" class="none">
            {t('noResult')}
          </p>
        ) : null}
        {levels.map((l) => {
          const group = ordered.filter((a) => a.level === l.id);
          return group.length === 0 || !shown ? null : (
            <div key={l.id} role="group" aria-label={say(l.label)}>
              <p class="eyebrow" aria-hidden="true">
                {say(l.label)}
              </p>
              {group.map((a) => {
                const i = ordered.indexOf(a);
                return (
                  <div
                    key={a.code}
                    id={`found-${i}`}
                    role="option"
                    aria-selected={i === active}
                    class="hit"
                    onMouseDown={() => choose(a)}
                    onMouseEnter={() => setActive(i)}
                  >
                    <span>{a.name}</span>
                    <small>{a.path.map((p) => p.name).join(' › ')}</small>
                    <small class="n">
                      {a.electors === null ? '' : t('electors', { n: count(a.electors, lang.value) })}
                    </small>
                  </div>
                );
              })}
            </div>
          );
        })}
      </div>
    </search>
  );
}

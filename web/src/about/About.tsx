// The pages that explain: method, back-test, glossary, keys. One dialog, four tabs, each with an address.
import type { ComponentType } from 'preact';
import { fetchSnapshot } from '../api/client';
import type { Provenance } from '../api/types';
import { Sheet } from '../layout/Sheet';
import { kept, lang, openSheet, ready, snapshotId, state } from '../state/store';
import type { SheetName } from '../url/url';
import './about.css';
import { BackTest } from './BackTest';
import { sorted } from './glossary';
import { method } from './method';
import { a } from './words';

type Page = Extract<SheetName, 'method' | 'backtest' | 'words' | 'keys'>;
const PAGES: readonly Page[] = ['method', 'backtest', 'words', 'keys'];
const KINDS = [
  'results',
  'polls',
  'tallies',
  'scores',
  'population',
  'covariates',
  'areas',
  'grouping',
] as const;

function Here() {
  const id = snapshotId.value;
  const c = ready.value!;
  const got = id === null ? null : kept<Provenance>(`provenance ${id}`, () => fetchSnapshot(id));
  if (got?.kind !== 'ready') return null;
  const p = got.value;
  const kinds = KINDS.flatMap((kind) => {
    const n = p.evidence.filter((e) => e.kind === kind).length;
    return n > 0 ? [`${a(kind)}${n > 1 ? ` (${n})` : ''}`] : [];
  });
  const personal = p.evidence.some((e) => e.kind === 'tallies' || e.kind === 'scores');
  return (
    <section>
      <h3>{a('here')}</h3>
      <p>
        {a('hereText', {
          n: p.id,
          method: p.method,
          baseline: c.elections.find((e) => e.id === p.baseline)?.label ?? p.baseline,
          evidence: kinds.join(', '),
          privacy: personal ? '' : a('publicOnly'),
        })}
      </p>
      <p>
        <button type="button" class="btn" onClick={() => openSheet('backtest')}>
          {a('seeTest')}
        </button>
      </p>
    </section>
  );
}

function Method() {
  return (
    <div class="prose">
      {method[lang.value].map((c) => (
        <section key={c.title}>
          <h3>{c.title}</h3>
          {c.text.map((p) => (
            <p key={p}>{p}</p>
          ))}
        </section>
      ))}
      <Here />
    </div>
  );
}

function Glossary() {
  return (
    <dl class="prose terms">
      {sorted(lang.value).map((t) => (
        <div key={t.term}>
          <dt>
            {t.term} <small lang={lang.value === 'fr' ? 'en' : 'fr'}>{t.other}</small>
          </dt>
          <dd>{t.meaning}</dd>
        </div>
      ))}
    </dl>
  );
}

function Keys() {
  const groups = [
    [
      'keyMap',
      [
        ['← ↑ → ↓', 'kArrows'],
        ['+ −', 'kZoom'],
        ['C', 'kCross'],
        ['L', 'kLasso'],
        ['Enter', 'kEnter'],
        ['[ ]', 'kSiblings'],
        ['Backspace', 'kParent'],
        ['Esc', 'kEscape'],
        ['?', 'kHelp'],
      ],
    ],
    [
      'keyPage',
      [
        ['/', 'kSearch'],
        ['Tab', 'kTab'],
        ['Esc', 'kClose'],
      ],
    ],
    [
      'keyTable',
      [
        ['↑ ↓', 'kRows'],
        ['Enter', 'kPick'],
        ['⇧ Enter', 'kAdd'],
      ],
    ],
    [
      'keyMeeting',
      [
        ['← →', 'kSlides'],
        ['Home End', 'kEnds'],
        ['Esc', 'kLeave'],
      ],
    ],
  ] as const;
  return (
    <div class="prose">
      {groups.map(([name, rows]) => (
        <section key={name}>
          <h3>{a(name)}</h3>
          <dl class="keys">
            {rows.map(([key, text]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{a(text)}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}

const pages: Readonly<Record<Page, ComponentType>> = {
  method: Method,
  backtest: BackTest,
  words: Glossary,
  keys: Keys,
};

export default function About() {
  const now = PAGES.find((p) => p === state.value.sheet);
  if (!now) return null;
  const Body = pages[now];
  return (
    <Sheet title={a(`${now}Title`)} wide>
      <nav class="tabs about-tabs" aria-label={a(`${now}Title`)}>
        {PAGES.map((p) => (
          <button
            key={p}
            type="button"
            aria-current={p === now ? 'page' : undefined}
            onClick={() => openSheet(p)}
          >
            {a(p)}
          </button>
        ))}
      </nav>
      <Body />
    </Sheet>
  );
}

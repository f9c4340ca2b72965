// A sheet of paper on the screen, as it will be printed: a bar of controls above it, the sheet made to fit the window.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../layout/icons';
import { Scroll } from '../layout/Scroll';
import { change } from '../state/store';
import { enlarged, MARGIN_MM, type Paper, sheetMm } from './paper';
import './print.css';
import { w } from './words';

const PX_MM = 96 / 25.4;

/** `ready`: whether what is printed is all there. */
export function PaperView({
  paper,
  title,
  controls,
  ready,
  children,
}: {
  paper: Paper;
  title: string;
  controls?: ComponentChildren;
  ready: boolean;
  children: ComponentChildren;
}) {
  const room = useRef<HTMLElement>(null);
  const fit = useSignal(1);
  const [width, height] = sheetMm(paper);
  useEffect(() => {
    const box = room.current;
    if (!box) return;
    const measure = () => {
      fit.value = Math.min(1.25, (box.clientWidth - 24) / (width * PX_MM));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box);
    return () => observer.disconnect();
  }, [width]);
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (e.key === 'Escape' && !document.querySelector('dialog[open]')) change({ mode: null }, true);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <div class="printing">
      <header class="print-bar">
        <button type="button" class="btn" onClick={() => change({ mode: null }, true)}>
          {w('leave')}
        </button>
        {controls}
        <button type="button" class="btn primary" disabled={!ready} onClick={() => print()}>
          <Icon name="print" />
          {w('print')}
        </button>
      </header>
      <Scroll kind="print-room" label={title} box={room}>
        <main
          class={`paper ${paper.size}-${paper.landscape ? 'l' : 'p'}`}
          aria-label={title}
          data-ready={ready ? 'yes' : 'no'}
          style={{
            '--fit': String(fit.value),
            '--u': `${enlarged(paper)}mm`,
            '--pt': `${enlarged(paper)}pt`,
            '--w': `${width - 2 * MARGIN_MM}mm`,
            // A hair less than the page: rounding must never make a second one.
            '--h': `${height - 2 * MARGIN_MM - 0.5}mm`,
          }}
        >
          {children}
        </main>
      </Scroll>
    </div>
  );
}

// A part of the page that arrives when it is first asked for.
import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { t } from '../state/store';

/** Draws the default component of a module; `load` never changes for a place. A part that cannot come says so. */
export function Lazy({ load }: { load: () => Promise<{ readonly default: ComponentType }> }) {
  const part = useSignal<{ readonly Part: ComponentType } | null>(null);
  const failed = useSignal(false);
  useEffect(() => {
    let here = true;
    load().then(
      (m) => {
        if (here) part.value = { Part: m.default };
      },
      () => {
        if (here) failed.value = true;
      },
    );
    return () => {
      here = false;
    };
  }, [load]);
  if (failed.value)
    return (
      <p class="banner error lost" role="alert">
        {t('partLost')}
      </p>
    );
  const Part = part.value?.Part;
  return Part ? <Part /> : null;
}

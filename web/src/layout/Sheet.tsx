// A dialog of the page: named in the link, closed by Escape, by its cross and by a click beside it.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { openSheet, t } from '../state/store';
import { Icon } from './icons';

export function Sheet({
  title,
  wide = false,
  children,
}: {
  title: string;
  wide?: boolean;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={`card ${wide ? 'wide-card' : ''}`}
      onClose={() => openSheet(null)}
      onClick={(e) => {
        if (e.target === dialog.current) dialog.current?.close();
      }}
      onKeyDown={() => undefined}
      aria-labelledby="sheet-title"
    >
      <div class="card-in">
        <header>
          <h2 id="sheet-title">{title}</h2>
          <button type="button" class="tool" aria-label={t('close')} onClick={() => dialog.current?.close()}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}

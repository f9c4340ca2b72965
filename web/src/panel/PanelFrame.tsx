// The frame of what the panel shows, there before what it holds; on a phone a sheet of three heights.
import type { ComponentChildren } from 'preact';
import { sheet, t } from '../state/store';

export function PanelFrame({ children }: { children: ComponentChildren }) {
  return (
    <aside class="panel" aria-label={t('areaCol')}>
      <button
        type="button"
        class="grab"
        aria-label={t(sheet.value === 'full' ? 'sheetLess' : 'sheetMore')}
        aria-expanded={sheet.value !== 'peek'}
        onClick={() => {
          sheet.value = sheet.value === 'half' ? 'full' : sheet.value === 'full' ? 'peek' : 'half';
        }}
      />
      {children}
    </aside>
  );
}

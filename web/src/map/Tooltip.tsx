// What is under the pointer, in words and figures, beside the area and never over it.
import { MISSING, UNKNOWN } from '../api/container';
import { count } from '../format/number';
import type { Look } from '../state/look';
import { areasOf, lang, t } from '../state/store';
import { areas, comparing, look, ofWhom, other } from '../state/view';
import type { Hovered } from './controller';

const TIP = { width: 232, height: 104, gap: 12 };

/** A place for the tooltip beside the area's box, never over it; a corner of the map when the area fills it. */
export function tipPlace(
  box: readonly [number, number, number, number],
  w: number,
  h: number,
): { readonly left: number; readonly top: number } {
  const [x0, y0, x1, y1] = box;
  const clampX = (x: number) => Math.min(Math.max(x, 8), w - TIP.width - 8);
  const clampY = (y: number) => Math.min(Math.max(y, 8), h - TIP.height - 8);
  const midY = clampY((y0 + y1) / 2 - TIP.height / 2);
  if (x0 - TIP.gap - TIP.width >= 8) return { left: x0 - TIP.gap - TIP.width, top: midY };
  if (x1 + TIP.gap + TIP.width <= w - 8) return { left: x1 + TIP.gap, top: midY };
  const midX = clampX((x0 + x1) / 2 - TIP.width / 2);
  if (y0 - TIP.gap - TIP.height >= 8) return { left: midX, top: y0 - TIP.gap - TIP.height };
  if (y1 + TIP.gap + TIP.height <= h - 8) return { left: midX, top: y1 + TIP.gap };
  return { left: 8, top: 72 };
}

/** One look's figure of an area: value, people, interval, certainty. */
function TipFigure({ of, row, named }: { of: Look; row: number; named: boolean }) {
  const l = of.layer.value;
  const cells = of.rowCells.value;
  if (!l || !cells) return null;
  const iv = of.intervalText(l, row);
  const people = of.peopleText(l, row);
  const sure = of.certaintyText(l, cells[row]!, row);
  const plain = l.value[row] === MISSING && !l.absent?.[row];
  return (
    <>
      {named ? (
        <p class="of">{`${of.spec.value.label} · ${of.spec.value.named ?? of.election.value?.label ?? t('estimate')}`}</p>
      ) : null}
      <p class="value">
        {of.valueText(l, row)}
        {iv ? <small>{`${t('intervalWord')} ${iv}`}</small> : null}
        {people ? <small>{people}</small> : null}
      </p>
      {plain ? <p>{of.whyNone(l, row)}</p> : null}
      {sure && !plain && !l.absent?.[row] ? <p>{sure}</p> : null}
    </>
  );
}

export function Tooltip({ at, w, h }: { at: Hovered; w: number; h: number }) {
  const l = at.look.layer.value;
  const list = areas.value;
  if (!l || !list) return null;
  const parents = list.parent_level ? areasOf(list.parent_level) : null;
  const parent = parents?.names[list.parents[at.row]!];
  const electors = l.electors[at.row]!;
  const place = tipPlace(at.box, w, h);
  const pair = comparing.value !== null;
  return (
    <div class="tip" aria-hidden="true" style={{ left: `${place.left}px`, top: `${place.top}px` }}>
      <p class="title">
        <b>{list.names[at.row]}</b>
        {parent ? ` · ${parent}` : ''}
      </p>
      {electors === 0 ? null : (
        <>
          <TipFigure of={look} row={at.row} named={pair} />
          {pair ? <TipFigure of={other} row={at.row} named /> : null}
        </>
      )}
      <p>
        {electors === UNKNOWN
          ? t('unknownElectors')
          : electors === 0
            ? t('noElectors')
            : t(ofWhom.value === 'voters' ? 'votersN' : 'electors', { n: count(electors, lang.value) })}
      </p>
    </div>
  );
}

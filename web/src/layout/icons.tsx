// The icons of the interface: 18-unit strokes in the text colour, always beside or under a name.
const paths = {
  search: 'M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3Zm4 9 4 4',
  plus: 'M9 4v10M4 9h10',
  minus: 'M4 9h10',
  fit: 'M3 7V3h4M11 3h4v4M15 11v4h-4M7 15H3v-4',
  lasso:
    'M9 3c3.6 0 6 1.7 6 4s-2.4 4-6 4-6-1.7-6-4 2.4-4 6-4ZM5 9.9c-1.4 1.2-1 3 .4 3s1.6-1.5.4-2.4M6.2 12.7c.5 1.1.2 2-.7 2.8',
  down: 'M9 3v8M5.5 8 9 11.5 12.5 8M3.5 15h11',
  print: 'M5 7V3h8v4M5 13H3V7h12v6h-2M5 11h8v4H5z',
  moon: 'M14.5 11A6 6 0 0 1 7 3.5a6 6 0 1 0 7.5 7.5Z',
  sun: 'M9 6a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM9 1.5v2M9 14.5v2M1.5 9h2M14.5 9h2M3.7 3.7l1.4 1.4M12.9 12.9l1.4 1.4M14.3 3.7l-1.4 1.4M5.1 12.9l-1.4 1.4',
  close: 'm5 5 8 8M13 5l-8 8',
  menu: 'M3 5h12M3 9h12M3 13h12',
  map: 'M2.5 5 7 3l4 2 4.5-2v10L11 15l-4-2-4.5 2zM7 3v10M11 5v10',
  table: 'M3 4h12M3 9h12M3 14h12',
  flag: 'M4 15V4l4-1 4 1.5L15 4v6l-3 .5L8 9l-4 1',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 18 18" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

// Colours as a printer without colour shows them. Pure.

const channel = (hex: string, at: number) => Number.parseInt(hex.slice(at, at + 2), 16);

/** The grey of the same lightness (Rec. 709 weights on the encoded channels, as printers do); other colours as they are. */
export function greyOf(colour: string): string {
  if (!/^#[0-9a-f]{6}$/i.test(colour)) return colour;
  const y = 0.2126 * channel(colour, 1) + 0.7152 * channel(colour, 3) + 0.0722 * channel(colour, 5);
  const part = Math.round(y).toString(16).padStart(2, '0');
  return `#${part}${part}${part}`;
}

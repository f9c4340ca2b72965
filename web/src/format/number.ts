// Figures as people read them (interface.md, "Numbers"). Values arrive in thousandths, as published; nothing is rounded twice.
import type { Lang } from '../api/types';

const locales: Readonly<Record<Lang, string>> = { fr: 'fr-FR', en: 'en-GB' };
const NARROW = '\u202f';
const MINUS = '\u2212';
/** Above this width of the interval, in thousandths, a decimal would be false precision. */
const WIDE = 20;

const cache = new Map<string, Intl.NumberFormat>();
function decimal(lang: Lang, digits: number): Intl.NumberFormat {
  const key = lang + digits;
  let f = cache.get(key);
  if (!f) {
    f = new Intl.NumberFormat(locales[lang], {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    cache.set(key, f);
  }
  return f;
}
const sign = (lang: Lang) => (lang === 'fr' ? `${NARROW}%` : '%');
const minus = (text: string) => text.replace('-', MINUS);

/** A whole number with the language's separators. */
export const count = (n: number, lang: Lang): string => minus(decimal(lang, 0).format(Math.round(n)));

/** An estimated count of people: two significant figures, "≈ 420". */
export function about(n: number, lang: Lang): string {
  const scale = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, Math.abs(n)))) - 1);
  return `≈ ${count(Math.round(n / scale) * scale, lang)}`;
}

/** Decimals of a figure whose interval is `width` thousandths wide (0 = exact). */
export const digits = (width: number): 0 | 1 => (width > WIDE ? 0 : 1);

/** A share in thousandths. `exact` figures may say 0 % or 100 %, estimates never do. */
export function share(thousandths: number, lang: Lang, o: { width: number; exact?: boolean }): string {
  if (!o.exact && thousandths < 10) return `< 1${sign(lang)}`;
  if (!o.exact && thousandths > 990) return `> 99${sign(lang)}`;
  return decimal(lang, digits(o.width)).format(thousandths / 10) + sign(lang);
}

/** Signed points of a margin or change, in thousandths: "+4 pt", "−2,5 pt". */
export function points(thousandths: number, lang: Lang, width: number): string {
  const d = digits(width);
  const text = decimal(lang, d).format(Math.abs(thousandths) / 10);
  const zero = Number(text.replace(',', '.')) === 0;
  return `${zero ? '' : thousandths < 0 ? MINUS : '+'}${text}${NARROW}pt`;
}

const bound = (t: number, lang: Lang, d: number, signed: boolean) => {
  const text = decimal(lang, d).format(Math.abs(t) / 10);
  const zero = Number(text.replace(',', '.')) === 0;
  return signed && !zero ? (t < 0 ? MINUS : '+') + text : text;
};

/** The bounds of an interval as a dense pair: "28–35"; a signed pair is joined by a word. */
export function interval(low: number, high: number, lang: Lang, signed: boolean): string {
  const d = digits(high - low);
  const [a, b] = [bound(low, lang, d, signed), bound(high, lang, d, signed)];
  return signed ? `${a}${lang === 'fr' ? ' à ' : ' to '}${b}` : `${a}–${b}`;
}

/** The bounds as they stand after "between": "28 et 35 %", "28% and 35%". */
export function between(low: number, high: number, lang: Lang, signed: boolean): string {
  const d = digits(high - low);
  const [a, b] = [bound(low, lang, d, signed), bound(high, lang, d, signed)];
  const unit = signed ? `${NARROW}pt` : sign(lang);
  return lang === 'fr' ? `${a} et ${b}${unit}` : `${a}${unit} and ${b}${unit}`;
}

/** A class edge, in fractions: "25 %", "12,5 %", "−10 pt". */
export function edge(fraction: number, lang: Lang, signed: boolean): string {
  const p = Math.round(fraction * 1000) / 10;
  const text = decimal(lang, Number.isInteger(p) ? 0 : 1).format(Math.abs(p));
  if (!signed) return text + sign(lang);
  return p === 0 ? '0' : (p < 0 ? MINUS : '+') + text;
}

/** A plain number with `d` decimals. */
export const number = (n: number, lang: Lang, d: number): string => minus(decimal(lang, d).format(n));

/** A signed whole number of votes: "+33", "−1". */
export const votes = (n: number, lang: Lang): string => (Math.round(n) > 0 ? '+' : '') + count(n, lang);

/** A probability in whole percent, never 0 or 100. */
export const probability = (p: number, lang: Lang): string =>
  share(Math.round(p * 1000), lang, { width: 100 });

/** A date in words: "24 nov. 2026". */
export const day = (iso: string, lang: Lang): string =>
  new Intl.DateTimeFormat(locales[lang], {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  }).format(new Date(iso));

// The requests of the page: same origin, JSON or a column table; an error carries the problem's title.
import { type ColumnTable, decodeTable } from './container';
import type {
  AreaDetail,
  Areas,
  Campaign,
  Counts,
  DownloadSize,
  EstimatesPage,
  Evaluation,
  Failure,
  FoundArea,
  Goal,
  LassoEstimate,
  Priorities,
  Provenance,
  Snapshots,
  Summary,
} from './types';

const root = '/api/v1';

/** Nothing came back: no network, no server, or one that stands before it and does not reach it. */
class NoAnswer extends Error {}
/** What a gateway says of a server that it does not reach. */
const UNREACHED: readonly number[] = [502, 503, 504];

async function request(path: string, asked: RequestInit = {}): Promise<Response> {
  const response = await fetch(`${root}${path}`, { credentials: 'same-origin', ...asked }).catch(() => {
    throw new NoAnswer();
  });
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as { title?: string; detail?: string };
  const why = problem.detail ?? problem.title;
  if (why) throw new Error(why);
  throw new (UNREACHED.includes(response.status) ? NoAnswer : Error)(`HTTP ${response.status}`);
}
export const failure = (e: unknown): Failure => ({
  kind: 'failed',
  message: e instanceof Error ? e.message : String(e),
  answered: !(e instanceof NoAnswer),
});
const json = async <T>(path: string): Promise<T> => (await request(path)).json() as Promise<T>;
const table = async (path: string): Promise<ColumnTable> =>
  decodeTable(await (await request(path)).arrayBuffer());
const part = encodeURIComponent;

/** "?snapshot=" of a past publication, nothing of the current one. */
const asOf = (snapshot: number | null) => (snapshot === null ? '' : `?snapshot=${snapshot}`);

/** The campaign as it is now, or as a snapshot was made of it. */
export const fetchCampaign = (snapshot: number | null = null) => json<Campaign>(`/campaign${asOf(snapshot)}`);
export const fetchAreas = (geography: string, level: string) =>
  json<Areas>(`/geographies/${part(geography)}/areas/${part(level)}`);
/** Some areas of a level, by row. */
export const fetchRows = (geography: string, level: string, rows: readonly number[]) =>
  json<Areas>(`/geographies/${part(geography)}/areas/${part(level)}?rows=${rows}`);
export const fetchValues = (snapshot: number, level: string) =>
  table(`/snapshots/${snapshot}/values/${part(level)}`);
/** A level as it is asked for where it is too large to be sent whole; hexagons of a resolution. */
export interface LargeLevel {
  readonly snapshot: number;
  readonly level: string;
  readonly resolution: number | null;
}
const largeQuery = (o: LargeLevel): URLSearchParams =>
  at(new URLSearchParams({ level: o.level }), o.resolution, o.snapshot);
/** `step`: the width of the classes. */
export function fetchSummary(o: LargeLevel, measure: string, step: number): Promise<Summary> {
  const query = largeQuery(o);
  query.set('measure', measure);
  query.set('step', String(step));
  return json<Summary>(`/estimates/summary?${query}`);
}
/** `sort`: `name`, `electors` or a measure, `-` before it for the greatest first. */
export function fetchPage(
  o: LargeLevel,
  measure: string,
  sort: string,
  cursor: string | null,
): Promise<EstimatesPage> {
  const query = largeQuery(o);
  query.set('measure', measure);
  query.set('sort', sort);
  query.set('limit', '100');
  if (cursor !== null) query.set('cursor', cursor);
  return json<EstimatesPage>(`/estimates?${query}`);
}
/** What the tables of hexagons are asked by: their resolution, and the snapshot of whose past they are. */
const at = (query: URLSearchParams, resolution: number | null, snapshot: number | null): URLSearchParams => {
  if (resolution !== null) query.set('resolution', String(resolution));
  if (snapshot !== null) query.set('snapshot', String(snapshot));
  return query;
};
export const fetchResults = (
  election: string,
  level: string,
  resolution: number | null,
  snapshot: number | null,
) =>
  table(
    `/elections/${part(election)}/values/${part(level)}?${at(new URLSearchParams(), resolution, snapshot)}`,
  );
/** One side of a comparison and the other, by the names that the server knows them by. */
export interface Compared {
  /** An election's id or a snapshot's number. */
  readonly from: string;
  readonly to: string;
  readonly measure: string;
  /** Which lists are whose, of two elections. */
  readonly reading: string | null;
}
export const fetchCompared = (
  o: Compared,
  level: string,
  resolution: number | null,
  snapshot: number | null,
) => {
  const query = new URLSearchParams({ from: o.from, to: o.to, measure: o.measure, level, format: 'values' });
  if (o.reading) query.set('reading', o.reading);
  return table(`/compare?${at(query, resolution, snapshot)}`);
};
/** Base or reserve of a level. */
export const fetchAcross = (
  measure: string,
  level: string,
  resolution: number | null,
  reading: string,
  snapshot: number | null,
) =>
  table(
    `/past/${measure}?${at(new URLSearchParams({ level, reading, format: 'values' }), resolution, snapshot)}`,
  );
export const fetchSnapshots = () => json<Snapshots>('/snapshots');
export const fetchSnapshot = (id: number) => json<Provenance>(`/snapshots/${id}`);
/** An area as a snapshot shows it; null: as things are now. */
export const fetchArea = (level: string, code: string, snapshot: number | null) =>
  json<AreaDetail>(`/areas/${part(level)}/${part(code)}${asOf(snapshot)}`);
/** What is estimated of the electors of a lasso (`lasso/lasso.ts`, `bodyOf`). */
export async function fetchLasso(body: string, snapshot: number): Promise<LassoEstimate> {
  const headers = { 'content-type': 'application/json' };
  const asked = await request(`/estimates/within?snapshot=${snapshot}`, { method: 'POST', headers, body });
  return (await asked.json()) as LassoEstimate;
}
export const searchAreas = async (query: string): Promise<readonly FoundArea[]> =>
  (await json<{ areas: FoundArea[] }>(`/areas?q=${part(query)}&limit=30`)).areas;
/** What of an election is in no area of a level, ancestor by ancestor. */
export async function fetchUnplaced(
  election: string,
  level: string,
  snapshot: number | null,
): Promise<readonly Counts[]> {
  const query = new URLSearchParams({ level, limit: '1' });
  if (snapshot !== null) query.set('snapshot', String(snapshot));
  const found = await json<{ readonly unplaced: readonly { readonly counts: Counts }[] }>(
    `/elections/${part(election)}/results?${query}`,
  );
  return found.unplaced.map((u) => u.counts);
}
/** The electors of a snapshot that are in no area of a level. */
export async function fetchUnplacedElectors(snapshot: number, level: string): Promise<number> {
  const query = new URLSearchParams({ level, limit: '1', snapshot: String(snapshot) });
  const found = await json<{ readonly unplaced: readonly { readonly electors: number }[] }>(
    `/estimates?${query}`,
  );
  return found.unplaced.reduce((sum, u) => sum + u.electors, 0);
}
export const fetchPriorities = (query: URLSearchParams) => json<Priorities>(`/priorities?${query}`);

/** The goals of all areas of a level, as a column. */
export function fetchGoals(
  query: URLSearchParams,
  level: string,
  resolution: number | null,
  snapshot: number,
): Promise<ColumnTable> {
  const asked = new URLSearchParams([...query, ['level', level], ['format', 'values']]);
  return table(`/goal?${at(asked, resolution, snapshot)}`);
}
export const goalUrl = (query: URLSearchParams): string => `${root}/goal?${query}`;
export const fetchGoal = (query: URLSearchParams) => json<Goal>(`/goal?${query}`);
/** The back-tests, newest first; none where the server keeps none. */
export async function fetchEvaluations(): Promise<readonly Evaluation[]> {
  const response = await fetch(`${root}/evaluations`, { credentials: 'same-origin' });
  if (response.status === 404) return [];
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const body = (await response.json()) as readonly Evaluation[] | { evaluations: readonly Evaluation[] };
  return 'evaluations' in body ? body.evaluations : body;
}

export type Format = 'geojson' | 'csv' | 'csv-fr';

/** A download: estimates of a snapshot, or the exact counts of an election; a level, or a part of it. */
export interface DownloadOf {
  readonly election: string | null;
  /** Base or reserve, in place of the election. */
  readonly past: string | null;
  readonly snapshot: number | null;
  readonly level: string;
  /** Of hexagons. */
  readonly resolution: number | null;
  readonly within: string | null;
  /** "west,south,east,north" in degrees. */
  readonly bbox: string | null;
  readonly format: Format;
  /** Of estimates the measures wanted, of an election the lists; null: all. */
  readonly columns: readonly string[] | null;
}
const downloadQuery = (o: DownloadOf): URLSearchParams => {
  const query = new URLSearchParams({ level: o.level, format: o.format });
  if (o.resolution !== null) query.set('resolution', String(o.resolution));
  if (o.within) query.set('within', o.within);
  if (o.bbox) query.set('bbox', o.bbox);
  // A comma may stand in the id of a list.
  const written = (id: string) => id.replaceAll('%', '%25').replaceAll(',', '%2C');
  if (o.columns) query.set('columns', o.columns.map(written).join());
  if (o.snapshot !== null) query.set('snapshot', String(o.snapshot));
  return query;
};
export function downloadUrl(o: DownloadOf): string {
  const query = downloadQuery(o);
  if (o.past) return `${root}/past/${o.past}?${query}`;
  return o.election ? `${root}/elections/${part(o.election)}/results?${query}` : `${root}/estimates?${query}`;
}
export function fetchDownload(o: DownloadOf): Promise<DownloadSize> {
  const query = downloadQuery(o);
  if (o.past) query.set('past', o.past);
  else if (o.election) query.set('election', o.election);
  return json<DownloadSize>(`/downloads?${query}`);
}

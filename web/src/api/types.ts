// The shapes of the HTTP contract, as the server answers them. Shares are fractions; electors are counts.

export type Lang = 'fr' | 'en';
export type Words = Readonly<Record<Lang, string>>;

export interface Level {
  readonly id: string;
  readonly label: Words;
  readonly count: number;
  readonly minzoom: number;
  /** The resolution of the H3 cells of which it is made. */
  readonly h3?: number | null;
  readonly maxzoom: number;
}
export interface ListInfo {
  readonly id: string;
  readonly label: string;
  readonly short?: string;
  readonly colour?: string;
}
export interface Blocs {
  readonly favourable: readonly string[];
  readonly opposed: readonly string[];
}
export interface Election {
  readonly id: string;
  readonly label: string;
  readonly date: string;
  readonly of: 'electors' | 'voters';
  readonly lists: readonly ListInfo[];
  readonly blocs: Readonly<Record<string, Blocs>>;
  /** The official total, unplaced votes counted. */
  readonly total: Counts;
  readonly unplaced: readonly Unplaced[];
  /** Where it was counted in other areas, how its counts came to these. */
  readonly transfers?: readonly { readonly divided: number; readonly sentence: Words }[];
}
/** Votes that belong to no area: `level` is "campaign" for the root, which has no code and no name. */
export interface Unplaced {
  readonly level: string;
  readonly code: string | null;
  readonly name: string | null;
  readonly counts: Counts;
}
export interface Reading {
  readonly id: string;
  readonly label: Words;
  readonly undecided_label: Words | null;
  readonly default: boolean;
}
export interface MeasureInfo {
  readonly id: string;
  readonly unit: 'share' | 'points';
  readonly signed: boolean;
  readonly label: Words;
  readonly short: Words;
  readonly sentence: Words;
  /** Whom its people are, read after their number; null where they are a difference of counts. */
  readonly whom: Words | null;
}
/** Base or reserve: exact, over several past elections that the campaign names. */
export interface AcrossInfo {
  readonly id: 'base' | 'reserve';
  readonly label: Words;
  readonly sentence: Words;
  readonly signed: boolean;
  /** Ids of elections; of a reserve the high one, then the low one. */
  readonly elections: readonly string[];
  readonly of: 'electors' | 'voters';
  readonly campaign: { readonly people: number | null; readonly share: number | null };
}
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}
export interface Snapshot {
  readonly id: number;
  readonly published_at: string;
  readonly reading: string;
  readonly baseline: string;
  readonly electors: number | null;
  readonly campaign: Readonly<Record<string, Interval>>;
  readonly common_points: number;
  readonly newer_than_baseline: boolean;
}
/** All snapshots, newest first. */
export interface Snapshots {
  readonly current: number | null;
  readonly snapshots: readonly Snapshot[];
}
/** What the table of a comparison says of itself; shares are fractions. */
export interface CompareAbout {
  readonly compare: 'change' | 'revision' | 'difference';
  readonly label: Words;
  readonly sentence: Words;
  readonly edges: readonly number[];
  readonly common_points: number;
  /** Areas of the level whose change is clear. */
  readonly clear: number;
  readonly campaign: Interval | null;
}
/** A snapshot with what it was made on. */
export interface Provenance extends Snapshot {
  readonly of: 'electors' | 'voters';
  readonly geography: string;
  readonly method: string;
  readonly evidence: readonly { readonly kind: string; readonly file: string }[];
}
export interface Grouping extends Level {
  /** `exact`: each finest area is in one of its areas, or in none; `pieces`: some are cut. */
  readonly method: 'exact' | 'pieces';
}
export interface Campaign {
  readonly name: string;
  readonly language: Lang;
  readonly demo: boolean;
  readonly of: 'electors' | 'voters';
  readonly levels: readonly Level[];
  /** Hexagons, shown like a level of the estimates; none where a server or a geography has no pieces. */
  readonly hexes?: Hexes | null;
  /** Sets of areas that are no level of the tree (constituencies, cantons), shown like one. */
  readonly groupings: readonly Grouping[];
  readonly readings: readonly Reading[];
  readonly measures: readonly MeasureInfo[];
  readonly past_measures: readonly AcrossInfo[];
  readonly elections: readonly Election[];
  readonly snapshot: Snapshot | null;
  /** Null where nothing is published. */
  readonly geography: string | null;
  readonly bounds: readonly [number, number, number, number];
  /** Where most electors live: what the map opens on. */
  readonly home: readonly [number, number, number, number];
  readonly attribution: readonly string[];
  readonly end_date: string | null;
  readonly edges: Readonly<Record<string, readonly number[]>>;
}
/** One level's areas, in row order (sorted by code); row = feature id in the tiles. */
export interface Areas {
  readonly level: string;
  readonly parent_level: string | null;
  readonly count: number;
  readonly codes: readonly string[];
  readonly names: readonly string[];
  readonly parents: readonly number[];
  readonly electors: readonly (number | null)[];
  readonly points: readonly (number | null)[];
  readonly bounds: readonly (number | null)[];
  /** Of a level too large to be sent whole: the rows that are known. */
  readonly seen?: readonly number[];
}
/** The hexagons: a level of cells of several resolutions. */
export interface Hexes extends Level {
  /** Which resolution each zoom of the tiles shows. */
  readonly resolutions: readonly number[];
}
/** How the electors of a level are distributed over the figures of a measure; lists in one order. */
export interface Summary {
  readonly areas: number;
  readonly pooled: number;
  readonly without: number;
  readonly half_spread: number;
  readonly value: readonly number[];
  readonly spread: readonly number[];
  readonly electors: readonly number[];
}
/** A page of the estimates of a level: of each area its code, name, electors, shares with `_low` and `_high`, `pooled`. */
export interface EstimatesPage {
  readonly total: number;
  readonly areas: readonly Readonly<Record<string, unknown>>[];
  readonly next_cursor: string | null;
}
export interface PathStep {
  readonly level: string;
  readonly code: string;
  readonly name: string;
}
export interface FoundArea {
  readonly level: string;
  readonly code: string;
  readonly name: string;
  readonly path: readonly PathStep[];
  readonly electors: number | null;
}
export interface Counts {
  readonly registered: number | null;
  readonly voters: number;
  readonly valid: number;
  readonly blank: number | null;
  readonly null: number | null;
  readonly lists: Readonly<Record<string, number>>;
}
export interface PastResult {
  readonly election: string;
  readonly date: string;
  readonly label: string;
  readonly counts: Counts | null;
  /** Standard errors, where counts came out of areas that this one divides. */
  readonly errors?: { readonly divided: number; readonly lists: Readonly<Record<string, number>> } | null;
  readonly profile: Readonly<
    Record<'abstainers' | 'undecided' | 'favourable' | 'opposed', number | null>
  > | null;
}
/** What people answered: counts, about right where they are noised, null where that was not asked. */
export interface Answers {
  readonly noised: boolean;
  readonly favourable: number | null;
  readonly undecided: number | null;
  readonly opposed: number | null;
  readonly abstainers: number | null;
}
export interface AreaEvidence {
  readonly answers: number;
  readonly counts: Answers | null;
  readonly no_result: boolean;
}
/** Finest areas that the border of a grouping's area cuts. */
export interface CutAreas {
  readonly cut_areas: number;
  readonly cut_electors: number;
  /** Null of a hexagon, whose error is not worked out. */
  readonly error: number | null;
}
export interface AreaDetail {
  readonly level: string;
  /** Its row in the level's tables, which is its id in tiles. */
  readonly row: number;
  readonly code: string;
  readonly name: string;
  readonly path: readonly PathStep[];
  readonly bbox: readonly [number, number, number, number] | null;
  /** By measure, in fractions. */
  readonly estimate: Readonly<Record<string, Interval & { readonly spread: number }>>;
  /** Areas of groupings that it lies in as a whole. */
  readonly groupings: readonly PathStep[];
  /** How finest areas that its border cuts were counted. */
  readonly moved: CutAreas | null;
  readonly electors: number | null;
  readonly electors_source: string | null;
  readonly pooled: boolean;
  readonly moved_baseline: boolean;
  readonly rank: Readonly<
    Record<string, { readonly low: number; readonly high: number; readonly of: number }>
  > | null;
  readonly history: readonly PastResult[];
  /** By election: votes counted here that belong to no area below. */
  readonly unplaced: Readonly<Record<string, Counts>> | null;
  readonly evidence: AreaEvidence | null;
}
/** A figure of one set of electors; shares are fractions. */
export interface Figure extends Interval {
  readonly spread: number;
  readonly people: number | null;
  readonly people_low: number | null;
  readonly people_high: number | null;
}
/** What is estimated of the electors inside an outline, or of chosen areas. */
export interface LassoEstimate {
  readonly snapshot: number;
  readonly of: string;
  /** Electors of what was drawn; of them `cut` by their share. */
  readonly drawn: number;
  readonly cut: number;
  /** Electors whom the estimate is of: 0 where they are too few. */
  readonly electors: number;
  readonly areas: number;
  /** Too few were drawn: the estimate is of what is around them. */
  readonly widened: boolean;
  readonly hexagons: readonly string[];
  readonly around: readonly PathStep[];
  readonly said: Words | null;
  readonly estimate: Readonly<Record<string, Figure>>;
}
export interface Effect {
  readonly mean: number;
  readonly sd: number;
}
export interface Preset {
  readonly id: string;
  readonly label: Words | string;
  readonly source: Words | string | null;
  readonly delta_p?: Effect | unknown;
  readonly delta_m?: Effect | unknown;
}
export interface Priority {
  readonly rank: number;
  /** With the first of its rank: which is better is not known. */
  readonly tied: boolean;
  readonly level: string;
  readonly code: string;
  readonly name: string;
  readonly electors: number | null;
  readonly doors: number;
  readonly hours: number;
  readonly relative: Interval;
  readonly conversations: number;
  readonly net_votes: Interval;
  readonly probability_in_top_k: number;
}
export interface Priorities {
  readonly presets: readonly Preset[];
  readonly total: number;
  readonly priorities: readonly Priority[];
  readonly zero_inside: boolean;
  readonly sentence: Words | null;
}
/** What a goal of votes asks of one area; people. */
export interface GoalArea {
  readonly level: string;
  readonly code: string;
  readonly name: string;
  readonly parent: string | null;
  readonly electors: number | null;
  readonly in_hand: Interval;
  readonly goal: number;
  readonly gap: number;
  readonly chance: number;
}
/** A goal of votes; its areas and `elsewhere` add up to `needed`. */
export interface Goal {
  readonly snapshot: number;
  readonly of: 'electors' | 'voters';
  readonly within: PathStep | null;
  readonly set_by: 'votes' | 'turnout' | 'estimate';
  readonly scenario: number | null;
  readonly electors: number;
  readonly turnout: Interval;
  readonly needed: number;
  readonly in_hand: Interval;
  readonly gap: Interval;
  readonly chance: number;
  readonly majority: number;
  readonly potential: number;
  readonly level: string;
  readonly total: number;
  readonly areas: readonly GoalArea[];
  readonly elsewhere: readonly GoalArea[];
  readonly next_cursor: string | null;
}
/** Rows and bytes of a download before it is asked for. */
export interface DownloadSize {
  readonly rows: number;
  readonly areas: number;
  readonly bytes: number;
  readonly exact: boolean;
}
/** One line of a back-test: a method at a number of answers; shares are fractions, errors points. */
export interface Trial {
  readonly answers: number;
  readonly method: string;
  readonly group: string;
  readonly mae: number;
  readonly crps: number;
  /** Null for a method without intervals. */
  readonly coverage: number | null;
  readonly repetitions: number;
}
export interface TrialClass {
  readonly answers: number;
  readonly method: string;
  readonly class: string;
  readonly areas: number;
  readonly crps: number;
  readonly coverage: number;
  readonly pit: readonly number[];
}
export interface Tried {
  readonly level: string;
  readonly code: string;
  readonly group: string;
  readonly predicted: number;
  readonly low: number;
  readonly high: number;
  readonly actual: number;
  readonly electors: number;
}
/** A back-test: what the method would have said of `to` from `from`. */
export interface Evaluation {
  readonly id?: string;
  readonly from: string;
  readonly to: string;
  readonly seed: number;
  readonly answers: readonly number[];
  /** What `pit`, `scatter` and `words` are of, at the most answers. */
  readonly method: string;
  readonly tables: readonly Trial[];
  readonly by_class: readonly TrialClass[];
  readonly pit: readonly number[];
  readonly scatter: readonly Tried[];
  readonly words: Words;
}
/** Remote data: never half there. */
export type Remote<T> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready'; readonly value: T }
  | Failure;
/** Why something is not there. */
export interface Failure {
  readonly kind: 'failed';
  /** The reason that the server gave; empty where nothing is known of it. */
  readonly message: string;
  /** The server answered, and refused or sent what cannot be read; else nothing came back. */
  readonly answered: boolean;
}

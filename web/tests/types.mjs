// The page's hand-narrowed types against the served OpenAPI document: a name or a null that differs is a fault.
import { readFile } from 'node:fs/promises';

/** Interfaces of `src/api/types.ts` by the schema that they read. */
const SCHEMAS = {
  Level: 'LevelView',
  ListInfo: 'ListView',
  Blocs: 'BlocsView',
  Election: 'ElectionView',
  Unplaced: 'UnplacedVotes',
  Reading: 'ReadingView',
  MeasureInfo: 'MeasureView',
  Interval: 'Range',
  Snapshot: 'SnapshotView',
  Snapshots: 'SnapshotsView',
  Campaign: 'CampaignView',
  PathStep: 'Step',
  FoundArea: 'FoundArea',
  Counts: 'CountsView',
  PastResult: 'PastView',
  Answers: 'AnswersView',
  AreaEvidence: 'AreaEvidence',
  AreaDetail: 'AreaView',
  Figure: 'FigureView',
  LassoEstimate: 'WithinView',
  Effect: 'Law',
  Preset: 'PresetView',
  Priority: 'PriorityView',
  Priorities: 'PrioritiesView',
  GoalArea: 'GoalArea',
  Goal: 'GoalView',
  DownloadSize: 'DownloadView',
  Summary: 'SummaryView',
  EstimatesPage: 'EstimatesView',
};

/** Whether a schema lets null through. */
const nullable = (schema) =>
  [schema.type].flat().includes('null') || (schema.oneOf ?? []).some((one) => one.type === 'null');
/** The kinds of JSON that a schema lets through, as TypeScript names them; empty where it refers to another. */
const kinds = (schema) =>
  [schema.type]
    .flat()
    .filter((type) => type && type !== 'null')
    .map((type) => ({ integer: 'number', array: 'readonly', object: 'Readonly' })[type] ?? type);

/** What differs, one sentence each; empty where the types are those of the document. */
export async function differences(document) {
  const text = await readFile(new URL('../src/api/types.ts', import.meta.url), 'utf8');
  const faults = [];
  for (const [name, schema] of Object.entries(SCHEMAS)) {
    const body = new RegExp(`export interface ${name} (?:extends \\w+ )?\\{([\\s\\S]*?)\\n\\}`).exec(
      text,
    )?.[1];
    const known = document.components.schemas[schema]?.properties;
    if (!body || !known) {
      faults.push(`${name}: no such ${body ? 'schema' : 'interface'}`);
      continue;
    }
    for (const [, property, optional, type] of body.matchAll(/^ {2}readonly (\w+)(\??): ([\s\S]*?);$/gm)) {
      const own = known[property];
      if (!own) {
        faults.push(`${name}.${property}: not in ${schema}`);
        continue;
      }
      if (nullable(own) && !optional && !/\bnull\b/.test(type))
        faults.push(`${name}.${property}: ${schema} says that it may be null`);
      const wanted = kinds(own);
      const plain = /^(number|string|boolean)\b/.exec(type)?.[1];
      if (plain && wanted.length > 0 && !wanted.includes(plain))
        faults.push(`${name}.${property}: ${type} here, ${wanted.join(' or ')} in ${schema}`);
    }
  }
  return faults;
}

// Reads the column container ("QVT1") of values and results: views on the bytes, nothing is copied.

export type Column = Int16Array | Uint16Array | Uint32Array | Uint8Array | Float32Array;

export interface ColumnTable {
  readonly kind: string;
  readonly rows: number;
  /** The column of a name and field ("value", "low", "high", "spread"), or null. */
  column(name: string, field?: string): Column | null;
  readonly names: readonly string[];
  /** What the header says beside its columns. */
  readonly about: Readonly<Record<string, unknown>>;
}

interface Described {
  readonly name: string;
  readonly field: string;
  readonly type: string;
  readonly offset: number;
  readonly length: number;
}
interface Header {
  readonly kind: string;
  readonly rows: number;
  readonly columns: readonly Described[];
}

/** A share that is not there, in thousandths. */
export const MISSING = -32768;
/** A count that is not there. */
export const UNKNOWN = 0xffffffff;

const MAGIC = 'QVT1';

function view(buffer: ArrayBuffer, type: string, at: number, length: number): Column {
  switch (type) {
    case 'i16':
      return new Int16Array(buffer, at, length);
    case 'u16':
      return new Uint16Array(buffer, at, length);
    case 'u32':
      return new Uint32Array(buffer, at, length);
    case 'u8':
      return new Uint8Array(buffer, at, length);
    case 'f32':
      return new Float32Array(buffer, at, length);
    default:
      throw new Error(`a column of unknown type ${type}`);
  }
}

/** Throws when the bytes are not a whole container. */
export function decodeTable(buffer: ArrayBuffer): ColumnTable {
  const bytes = new Uint8Array(buffer);
  const text = new TextDecoder();
  if (bytes.length < 8 || text.decode(bytes.subarray(0, 4)) !== MAGIC) throw new Error('not a table');
  const length = new DataView(buffer).getUint32(4, true);
  const start = 8 + length;
  if (start > bytes.length) throw new Error('the table is cut short');
  const header = JSON.parse(text.decode(bytes.subarray(8, start))) as Header;
  const columns = new Map<string, Column>();
  for (const c of header.columns) {
    if (c.length !== header.rows) throw new Error(`column ${c.name} has ${c.length} rows of ${header.rows}`);
    columns.set(`${c.name}\n${c.field}`, view(buffer, c.type, start + c.offset, c.length));
  }
  return {
    kind: header.kind,
    rows: header.rows,
    names: header.columns.map((c) => c.name),
    about: header as unknown as Readonly<Record<string, unknown>>,
    column: (name, field = 'value') => columns.get(`${name}\n${field}`) ?? null,
  };
}

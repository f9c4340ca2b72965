// Reads the polygons of one layer of a geometry tile (Mapbox Vector Tile 2.1) as rings. Pure, no dependency.

export interface Shape {
  readonly id: number;
  /** Rings as x, y, x, y... in the tile's own units; the last place joins the first. */
  readonly rings: readonly (readonly number[])[];
}
export interface Tile {
  readonly extent: number;
  readonly shapes: readonly Shape[];
}

const EXTENT = 4096;
const POLYGON = 3;

/** A cursor over protocol-buffer fields; a field cut short is an error. */
class Reader {
  private readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    if (end > bytes.length) throw new Error('the tile is cut short');
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }
  varint(): number {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new Error('the tile is cut short');
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  }
  inner(): Reader {
    const length = this.varint();
    const inside = new Reader(this.bytes, this.at, this.at + length);
    this.at += length;
    return inside;
  }
  text(): string {
    const inside = this.inner();
    return new TextDecoder().decode(this.bytes.subarray(inside.at, inside.end));
  }
  /** Calls `field` for each field; what it does not read is passed over. */
  each(field: (tag: number, r: Reader) => boolean): void {
    while (this.at < this.end) {
      const key = this.varint();
      if (field(key >> 3, this)) continue;
      if ((key & 7) === 0) this.varint();
      else if ((key & 7) === 1) this.at += 8;
      else if ((key & 7) === 2) this.inner();
      else if ((key & 7) === 5) this.at += 4;
      else throw new Error('the tile has a field of an unknown kind');
    }
  }
}

const signed = (n: number) => (n % 2 === 0 ? n / 2 : -(n + 1) / 2);

/** The commands of a geometry as rings. */
function ringsOf(r: Reader): number[][] {
  const rings: number[][] = [];
  let [x, y] = [0, 0];
  while (r.at < r.end) {
    const command = r.varint();
    const [what, count] = [command & 7, Math.floor(command / 8)];
    if (what === 7) continue;
    if (what !== 1 && what !== 2) throw new Error('the tile has an unknown command');
    for (let i = 0; i < count; i++) {
      x += signed(r.varint());
      y += signed(r.varint());
      if (what === 1) rings.push([x, y]);
      else rings.at(-1)?.push(x, y);
    }
  }
  return rings;
}

function shapeOf(feature: Reader): Shape | null {
  let [id, kind] = [-1, 0];
  let geometry: Reader | null = null;
  feature.each((tag, r) => {
    if (tag === 1) id = r.varint();
    else if (tag === 3) kind = r.varint();
    else if (tag === 4) {
      geometry = r.inner();
    } else return false;
    return true;
  });
  return geometry && kind === POLYGON ? { id, rings: ringsOf(geometry) } : null;
}

/** The polygons of a layer; none where the tile has no such layer. Throws where the bytes are no tile. */
export function decodeTile(bytes: Uint8Array, layer: string): Tile {
  let found: Tile = { extent: EXTENT, shapes: [] };
  new Reader(bytes).each((tag, r) => {
    if (tag !== 3) return false;
    const inside = r.inner();
    const features: Reader[] = [];
    let [name, extent] = ['', EXTENT];
    inside.each((field, own) => {
      if (field === 1) name = own.text();
      else if (field === 5) extent = own.varint();
      else if (field === 2) {
        features.push(own.inner());
      } else return false;
      return true;
    });
    if (name === layer)
      found = { extent, shapes: features.map(shapeOf).filter((s): s is Shape => s !== null) };
    return true;
  });
  return found;
}

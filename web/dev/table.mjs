// Writes the column container ("QVT1"): magic, header length, JSON header padded to 8, columns at multiples of 8.
const padded = (n) => Math.ceil(n / 8) * 8;
const types = new Map([
  [Int16Array, 'i16'],
  [Uint16Array, 'u16'],
  [Uint32Array, 'u32'],
  [Uint8Array, 'u8'],
  [Float32Array, 'f32'],
]);

/** `columns`: [name, field, typed array] in order. */
export function encodeTable(header, columns) {
  let offset = 0;
  const described = columns.map(([name, field, values]) => {
    const column = { name, field, type: types.get(values.constructor), offset, length: values.length };
    offset = padded(offset + values.byteLength);
    return column;
  });
  const text = JSON.stringify({ ...header, columns: described });
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(padded(bytes.length), 0x20);
  bytes.copy(head);
  const out = Buffer.alloc(8 + head.length + offset);
  out.write('QVT1', 0, 'latin1');
  out.writeUInt32LE(head.length, 4);
  head.copy(out, 8);
  columns.forEach(([, , values], i) => {
    Buffer.from(values.buffer, values.byteOffset, values.byteLength).copy(
      out,
      8 + head.length + described[i].offset,
    );
  });
  return out;
}

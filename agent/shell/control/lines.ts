/** Cuts a byte stream into lines of UTF-8, and holds back no more than a bound. */

/**
 * Makes a function that takes in the stream piece by piece and gives the lines that are complete.
 * It answers `too_long`, and must not be called again, once a line is above `mostBytes`.
 */
export function createLineCutter(
  mostBytes: number,
): (piece: Uint8Array) => readonly string[] | 'too_long' {
  let held: Buffer[] = [];
  let heldBytes = 0;
  return (piece) => {
    const lines: string[] = [];
    let rest = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      if (heldBytes + end > mostBytes) return 'too_long';
      lines.push(Buffer.concat([...held, rest.subarray(0, end)]).toString('utf8'));
      [held, heldBytes] = [[], 0];
      rest = rest.subarray(end + 1);
    }
    if (heldBytes + rest.length > mostBytes) return 'too_long';
    if (rest.length > 0) held.push(rest);
    heldBytes += rest.length;
    return lines;
  };
}

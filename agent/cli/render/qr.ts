/** A QR code (ISO/IEC 18004) for a terminal, and as a picture. */
import encodeQR from 'qr';
import type { Paint } from './paint.ts';

/** Modules around the code; the standard wants four, and readers take two. */
const BORDER = 2;

/** Two rows of modules in one row of characters. Dark on light where there are colours. */
export function renderQr(paint: Paint, text: string): string {
  const modules = encodeQR(text, 'raw', { border: BORDER, ecc: 'low' });
  const rows: string[] = [];
  for (let y = 0; y < modules.length; y += 2) {
    const [upper = [], lower = []] = [modules[y], modules[y + 1]];
    const row = upper.map((isDark, x) => character(isDark, lower[x] ?? false, paint.isColoured));
    rows.push(paint.ink(row.join('')));
  }
  return rows.join('\n');
}

/** The code as an SVG picture. */
export function qrPicture(text: string): string {
  return `${encodeQR(text, 'svg', { ecc: 'medium' })}\n`;
}

/** Without colours, what is drawn is light: most terminals are dark. */
function character(upperDark: boolean, lowerDark: boolean, inked: boolean): string {
  const [upper, lower] = inked ? [upperDark, lowerDark] : [!upperDark, !lowerDark];
  if (upper) return lower ? '█' : '▀';
  return lower ? '▄' : ' ';
}

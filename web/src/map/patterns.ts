// The two textures of the map, drawn once per theme: dots for "too uncertain", a 45 degree hatch for "pooled".
import { styles, type Theme } from '../colour/palette';

const GRID = 7;
const RATIO = 2;

function draw(paint: (g: CanvasRenderingContext2D) => void): ImageData | null {
  const canvas = document.createElement('canvas');
  canvas.width = GRID * RATIO;
  canvas.height = GRID * RATIO;
  const g = canvas.getContext('2d');
  if (!g) return null;
  g.scale(RATIO, RATIO);
  paint(g);
  return g.getImageData(0, 0, GRID * RATIO, GRID * RATIO);
}

export function patterns(theme: Theme): {
  readonly dots: ImageData | null;
  readonly hatch: ImageData | null;
  readonly ratio: number;
} {
  return {
    ratio: RATIO,
    // Opaque: the dots lie under the fills, which are clear where they show.
    dots: draw((g) => {
      g.fillStyle = styles.too_uncertain[theme];
      g.fillRect(0, 0, GRID, GRID);
      g.fillStyle = styles.too_uncertain.texture_ink[theme];
      for (const at of [1.75, 5.25]) {
        g.beginPath();
        g.arc(at, at, 0.85, 0, 2 * Math.PI);
        g.fill();
      }
    }),
    hatch: draw((g) => {
      g.strokeStyle = styles.pooled.hatch[theme];
      g.lineWidth = 1;
      g.beginPath();
      for (const d of [-GRID, 0, GRID]) {
        g.moveTo(d, GRID);
        g.lineTo(d + GRID, 0);
      }
      g.stroke();
    }),
  };
}

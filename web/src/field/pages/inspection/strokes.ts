/** Strokes on the glass as a smooth line: points in, curves out. Knows no canvas. */

export interface Point {
  x: number
  y: number
  /** Pressure from 0 to 1; fingers say 0 or 0.5. */
  p: number
}

/** A quadratic curve through the middle of two neighbouring points, with the width of its pen. */
export interface Curve {
  from: Point
  control: Point
  to: Point
  width: number
}

const THIN = 1.6
const THICK = 4.2
/** Pixels between two points from which a stroke is as thin as it gets. */
const FAST = 24

/** A hand shakes and a glass reports every pixel: points closer than this to the last are left out. */
export const NEAR = 1.5

export function isNew(last: Point | undefined, next: Point): boolean {
  return last === undefined || Math.hypot(next.x - last.x, next.y - last.y) >= NEAR
}

/** The curves of a stroke. Each runs from midpoint to midpoint, so that they join without a corner. */
export function curvesOf(stroke: readonly Point[]): Curve[] {
  const first = stroke[0]
  if (first === undefined) return []
  if (stroke.length === 1) return [{ from: first, control: first, to: { ...first, x: first.x + 0.1 }, width: THICK }]
  const curves: Curve[] = []
  let from = first
  let width = THICK
  for (let i = 1; i < stroke.length; i++) {
    const [control, next] = [stroke[i - 1]!, stroke[i]!]
    const to = i === stroke.length - 1 ? next : middle(control, next)
    const speed = Math.min(1, Math.hypot(next.x - control.x, next.y - control.y) / FAST)
    const wanted = THICK - (THICK - THIN) * speed + (next.p > 0.5 ? (next.p - 0.5) * 2 : 0)
    // A pen does not change its width at once.
    width += (wanted - width) * 0.4
    curves.push({ from, control, to, width })
    from = to
  }
  return curves
}

/** Whether it may be a name: more ink than a tap or a slip. */
export function isSignature(strokes: readonly (readonly Point[])[]): boolean {
  let ink = 0
  for (const stroke of strokes)
    for (let i = 1; i < stroke.length; i++)
      ink += Math.hypot(stroke[i]!.x - stroke[i - 1]!.x, stroke[i]!.y - stroke[i - 1]!.y)
  return ink >= 80
}

function middle(one: Point, two: Point): Point {
  return { x: (one.x + two.x) / 2, y: (one.y + two.y) / 2, p: (one.p + two.p) / 2 }
}

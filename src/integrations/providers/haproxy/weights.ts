import { otherSide, type Side, sides, type Weights } from '../../../domain/deployment/vocabulary.ts';
import { percentOf } from '../../kit/percent-of.ts';

/** From shares of sides to weights of servers, and back. A server has a weight of 0 to 256; its share is its weight among all of the backend. */

const MAX_WEIGHT = 256;
/** Further off than this would be read back as another percentage. */
const TOLERANCE = 0.005;

/** How many servers of each side take part. */
export type Counts = Record<Side, number>;

/**
 * The weight for each server of a side. Among all pairs of weights, the one whose share is nearest; of equal ones, the smallest numbers.
 * @returns null where no pair is within half a percent: too many servers on one side, too few on the other
 */
export function serverWeights(percent: Weights, counts: Counts): Weights | null {
  if (percent.blue === 0) return counts.green === 0 ? null : { blue: 0, green: 1 };
  if (percent.green === 0) return counts.blue === 0 ? null : { blue: 1, green: 0 };
  if (counts.blue === 0 || counts.green === 0) return null;
  let best: { weights: Weights; error: number } | null = null;
  for (let blue = 1; blue <= MAX_WEIGHT; blue += 1) {
    const ideal = (blue * counts.blue * percent.green) / (percent.blue * counts.green);
    const green = Math.min(MAX_WEIGHT, Math.max(1, Math.round(ideal)));
    const error = Math.abs(shareOfBlue({ blue: blue * counts.blue, green: green * counts.green }) - percent.blue / 100);
    if (best === null || error < best.error - Number.EPSILON) best = { weights: { blue, green }, error };
  }
  return best !== null && best.error < TOLERANCE ? best.weights : null;
}

const shareOfBlue = ({ blue, green }: Weights): number => blue / (blue + green);

/**
 * Which side's weights are changed first. HAProxy carries out one command after the other and routes in between: what is seen meanwhile lies as
 * near as can be to what was and what will be, and is never "nobody".
 */
export function firstChanged(now: Weights, next: Weights): Side {
  const [from, to] = [percentOf(now), percentOf(next)];
  const distance = (side: Side): number => {
    const between = { ...now, [side]: next[side], [otherSide(side)]: now[otherSide(side)] };
    if (between.blue + between.green === 0) return Number.POSITIVE_INFINITY;
    if (from === null || to === null) return 0;
    const share = shareOfBlue(between) * 100;
    return Math.max(0, Math.min(from.blue, to.blue) - share, share - Math.max(from.blue, to.blue));
  };
  return sides.reduce((best, side) => (distance(side) < distance(best) ? side : best));
}

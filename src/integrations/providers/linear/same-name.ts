/** Linear tells names of labels, states and teams apart without regard to case. */
export function sameName(left: string, right: string): boolean {
  return left.trim().toLowerCase() === right.trim().toLowerCase();
}

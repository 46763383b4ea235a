/** A deliberate defect: what stands in a file, and what is put in its place. */
export interface Defect {
  /** What is wrong then. */
  defect: string;
  file: string;
  /** Must be there exactly once. */
  from: string;
  to: string;
  /** The test file that must see it; the simulation if absent. */
  test?: string;
}

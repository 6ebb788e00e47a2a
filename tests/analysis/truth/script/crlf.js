/** Windows line ends. */
import b from "./b";

/**
 * Adds.
 * All of it.
 */
export function add(one,
                    two) {
  return b(one + two);
}
// eslint-disable-next-line
export const K = 1;

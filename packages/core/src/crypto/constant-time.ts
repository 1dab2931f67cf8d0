/** Comparison of secrets, without telling through time where they differ. */

/** Whether both hold the same bytes. Takes the same time wherever they differ; lengths are not secret. */
export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index++) {
    difference |= (a[index] as number) ^ (b[index] as number);
  }
  return difference === 0;
};

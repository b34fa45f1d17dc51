// Waits for a condition rather than for a time.

/** The time limit of a condition that has none of its own. */
export const DEADLINE_MS = 60_000;

const LOOK_AGAIN_MS = 20;

/** Calls `look` until it neither throws nor returns false, and returns its result. */
export async function eventually(what, look, deadlineMs = DEADLINE_MS) {
  const begun = performance.now();
  for (;;) {
    let failure;
    try {
      const seen = await look();
      if (seen !== false) return seen;
      failure = 'it is still false';
    } catch (error) {
      failure = error.message;
    }
    if (performance.now() - begun > deadlineMs) throw new Error(`${what}: ${failure}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

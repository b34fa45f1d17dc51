// Waiting for something to be so, instead of for time to pass.

/** How long anything may take that has no time of its own. Nothing waits for it to pass. */
export const DEADLINE_MS = 15_000;

const LOOK_AGAIN_MS = 20;

/** Looks again and again until `look` neither throws nor returns false, and returns what it returned. */
export async function eventually(what, look, deadlineMs = DEADLINE_MS) {
  const begun = performance.now();
  for (;;) {
    let failure;
    try {
      const seen = await look();
      if (seen !== false) return seen;
      failure = 'it is not so';
    } catch (error) {
      failure = error.message;
    }
    if (performance.now() - begun > deadlineMs) throw new Error(`${what}: ${failure}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
